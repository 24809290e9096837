// The second question, does this recipient exist, and what its virtual aliases make of it.
#include <unordered_set>

#include "core/maps/text.h"
#include "core/routing/address_text.h"
#include "core/routing/directory.h"

namespace postern::routing {
namespace {

// What a table result is split into; commas in quotes do not separate.
std::vector<std::string> split_addresses(std::string_view value) {
  std::vector<std::string> out;
  std::string current;
  bool in_quotes = false;
  for (std::size_t i = 0; i <= value.size(); ++i) {
    const char c = i < value.size() ? value[i] : ',';
    if (i == value.size() || (!in_quotes && (c == ',' || maps::is_space(c)))) {
      if (!current.empty()) out.push_back(std::move(current));
      current.clear();
      continue;
    }
    if (c == '"') in_quotes = !in_quotes;
    current.push_back(c);
    if (c == '\\' && i + 1 < value.size()) current.push_back(value[++i]);
  }
  return out;
}

std::string identity(const mail::Mailbox& mailbox) {
  return mailbox.local_part() + "@" + maps::fold_key(mailbox.domain());
}

mail::Rejection refusal(std::uint16_t code, const mail::Mailbox& address, bool as_sender,
                        std::string_view text,
                        std::optional<mail::EnhancedStatus> status = std::nullopt) {
  const std::uint8_t class_digit = code < 500 ? 4 : 5;
  const std::uint16_t detail = as_sender ? 0 : 1;
  return {mail::Reply(code, status.value_or(mail::EnhancedStatus{class_digit, 1, detail}),
                      fmt::format("<{}>: {} address rejected: {}", address.to_wire(),
                                  as_sender ? "Sender" : "Recipient", text)),
          {},
          false};
}

}  // namespace

Result<std::optional<maps::AddressMatch>> Directory::find(const maps::TableList& tables,
                                                          const mail::Mailbox& mailbox) const {
  if (tables.empty()) return std::nullopt;
  const std::string quoted = quoted_local_part(mailbox);
  const auto is_local = is_local_domain(mailbox.domain());
  if (!is_local) return std::unexpected(is_local.error());
  for (const std::string& domain : spellings(mailbox.domain())) {
    const maps::AddressQuery query{
        .local_part = mailbox.local_part(),
        .quoted_local_part = quoted,
        // Pattern tables see the domain as it was written.
        .domain = maps::equals_ignoring_case(domain, mailbox.domain()) ? mailbox.domain() : domain,
        .delimiters = options_.recipient_delimiter,
        .domain_is_local =
            *is_local || maps::equals_ignoring_case(mailbox.domain(), options_.myorigin),
    };
    auto found = tables.find_address(query);
    if (!found || *found) return found;
  }
  return std::nullopt;
}

Result<bool> Directory::is_listed(const Resolved& resolved, const maps::TableList* tables) const {
  for (const maps::TableList* list : {&virtual_aliases_, tables}) {
    if (list == nullptr) continue;
    const auto found = find(*list, resolved.mailbox);
    if (!found) return std::unexpected(found.error());
    if (*found) return true;
  }
  return false;
}

Result<std::optional<mail::Rejection>> Directory::unlisted(const mail::Mailbox& address,
                                                           bool as_sender) const {
  const auto resolved = resolve(address);
  if (!resolved) return std::unexpected(resolved.error());
  struct {
    std::uint16_t code = 0;
    const maps::TableList* tables = nullptr;
    std::string_view text;
    bool is_checked = true;
  } rule;
  switch (resolved->address_class) {
    case AddressClass::kLocal:
      rule = {options_.unknown_local_recipient_reject_code, &local_recipients_,
              "User unknown in local recipient table", !local_recipients_.empty()};
      break;
    case AddressClass::kVirtualAlias:
      rule = {options_.unknown_virtual_alias_reject_code, nullptr,
              "User unknown in virtual alias table"};
      break;
    case AddressClass::kVirtualMailbox:
      rule = {options_.unknown_virtual_mailbox_reject_code, &virtual_mailboxes_,
              "User unknown in virtual mailbox table", !virtual_mailboxes_.empty()};
      break;
    case AddressClass::kRelay:
      rule = {options_.unknown_relay_recipient_reject_code, &relay_recipients_,
              "User unknown in relay recipient table", !relay_recipients_.empty()};
      break;
    case AddressClass::kOther:
    case AddressClass::kInvalid: rule.is_checked = false;
  }
  if (rule.is_checked) {
    // Postmaster is always somebody (RFC 5321 s4.5.1); double-bounce is our own.
    const std::string_view local_part = resolved->mailbox.local_part();
    if (resolved->address_class == AddressClass::kLocal &&
        (maps::equals_ignoring_case(local_part, "postmaster") ||
         maps::equals_ignoring_case(local_part, "double-bounce")))
      return std::nullopt;
    const auto listed = is_listed(*resolved, rule.tables);
    if (!listed) return std::unexpected(listed.error());
    if (!*listed) return refusal(rule.code, address, as_sender, rule.text);
  }
  const auto next = route_of(*resolved);
  if (!next) return std::unexpected(next.error());
  // transport_maps may close an address: "error:5.1.2 mailbox has moved".  An alias that exists has
  // no route of its own, and what has no valid domain is the caller's to refuse.
  if (next->transport != "error" || resolved->address_class == AddressClass::kInvalid ||
      resolved->address_class == AddressClass::kVirtualAlias)
    return std::nullopt;
  std::string_view text = next->next_hop;
  const auto status = mail::EnhancedStatus::parse(text.substr(0, text.find(' ')));
  if (status) text = maps::trim(text.substr(std::min(text.size(), text.find(' '))));
  return refusal(status && status->class_digit == 4 ? 450 : 550, address, as_sender,
                 text.empty() ? "User unknown" : text, status);
}

Result<std::vector<mail::Mailbox>> Directory::alias_step(const mail::Mailbox& mailbox) const {
  const auto found = find(virtual_aliases_, mailbox);
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::vector<mail::Mailbox>{};
  std::vector<mail::Mailbox> out;
  for (const std::string& text : split_addresses((*found)->value)) {
    if (text.size() > options_.virtual_alias_address_length_limit)
      return fail(ErrorKind::kLimit,
                  "virtual_alias_maps: <{:.100}> expands to an address of {} "
                  "octets",
                  mailbox.to_wire(), text.size());
    auto address = parse_table_address(text);
    if (!address)
      return fail(ErrorKind::kInvalid, "virtual_alias_maps: <{:.100}>: {}", mailbox.to_wire(),
                  address.error().context);
    std::string local_part = address->local_part();
    if (local_part.empty()) {
      local_part = mailbox.local_part();  // "@other.domain": the same name there
    } else if (options_.propagate_unmatched_extensions && !(*found)->extension.empty()) {
      local_part += (*found)->extension;
    }
    if (local_part.size() + address->domain().size() > options_.virtual_alias_address_length_limit)
      return fail(ErrorKind::kLimit, "virtual_alias_maps: <{:.100}> grows longer than {} octets",
                  mailbox.to_wire(), options_.virtual_alias_address_length_limit);
    out.push_back(completed(mail::Mailbox(std::move(local_part), address->domain())));
  }
  return out;
}

namespace {

// One address of an expansion and how it came about.
struct ExpansionNode {
  mail::Mailbox mailbox;
  std::size_t parent;  // index; its own for the first
  std::size_t depth;
};

bool is_own_ancestor(const std::vector<ExpansionNode>& nodes, std::size_t index) {
  const std::string wanted = identity(nodes[index].mailbox);
  for (std::size_t at = index; nodes[at].parent != at;) {
    at = nodes[at].parent;
    if (identity(nodes[at].mailbox) == wanted) return true;
  }
  return false;
}

// RFC 3461 s5.2.7.2: success is reported once, where one recipient becomes several.
void drop_success(std::vector<mail::Recipient>& recipients) {
  for (mail::Recipient& each : recipients) {
    const auto rest = static_cast<mail::DsnNotify>(
        static_cast<unsigned>(each.notify) & ~static_cast<unsigned>(mail::DsnNotify::kSuccess));
    each.notify = rest == mail::DsnNotify::kUnspecified ? mail::DsnNotify::kNever : rest;
  }
}

}  // namespace

Result<Directory::Expansion> Directory::expand(const mail::Recipient& recipient) const {
  std::vector<ExpansionNode> nodes{{completed(recipient.forward_path), 0, 0}};
  std::vector<std::size_t> pending{0};  // last in, first out; pushed in reverse keeps the order
  std::unordered_set<std::string> expanded, done;
  Expansion out;
  std::size_t total = 1;
  while (!pending.empty()) {
    const std::size_t index = pending.back();
    pending.pop_back();
    const mail::Mailbox current = nodes[index].mailbox;
    const std::size_t depth = nodes[index].depth + 1;
    std::vector<mail::Mailbox> next;
    // "me, other" keeps a copy for me, and a loop ends in the address that closes it; an address
    // met on another branch has been expanded there.
    if (!is_own_ancestor(nodes, index)) {
      if (!expanded.insert(identity(current)).second) continue;
      auto step = alias_step(current);
      if (!step) return std::unexpected(step.error());
      next = std::move(*step);
    }
    if (next.empty()) {
      if (!done.insert(identity(current)).second) continue;
      out.recipients.push_back(recipient);
      out.recipients.back().forward_path = current;
      continue;
    }
    total += next.size() - 1;
    if (total > options_.virtual_alias_expansion_limit)
      return fail(ErrorKind::kLimit,
                  "virtual_alias_maps: <{:.100}> expands to more than {} recipients "
                  "(virtual_alias_expansion_limit)",
                  nodes.front().mailbox.to_wire(), options_.virtual_alias_expansion_limit);
    if (depth > options_.virtual_alias_recursion_limit)
      return fail(ErrorKind::kLimit,
                  "virtual_alias_maps: <{:.100}> nests deeper than {} "
                  "(virtual_alias_recursion_limit)",
                  nodes.front().mailbox.to_wire(), options_.virtual_alias_recursion_limit);
    for (auto it = next.rbegin(); it != next.rend(); ++it) {
      pending.push_back(nodes.size());
      nodes.push_back({std::move(*it), index, depth});
    }
  }
  if (out.recipients.size() > 1 && mail::has(recipient.notify, mail::DsnNotify::kSuccess)) {
    out.success_report_due = true;
    drop_success(out.recipients);
  }
  return out;
}

Result<std::optional<std::string>> Directory::alias(std::string_view name) const {
  return aliases_.lookup(name);
}

}  // namespace postern::routing
