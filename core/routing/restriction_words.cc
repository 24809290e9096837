// What each word of a restriction list means.  The reply texts keep the phrases that fail2ban,
// pflogsumm and every operator's own scripts look for.
#include <charconv>

#include "core/maps/text.h"
#include "core/routing/access_lookup.h"
#include "core/routing/address_text.h"
#include "core/routing/restrictions.h"

namespace postern::routing {
namespace {

mail::Rejection refuse(std::uint16_t code, std::uint16_t subject, std::uint16_t detail,
                       std::string text, std::string cause = {}) {
  const std::uint8_t class_digit = code < 500 ? 4 : 5;
  return {mail::Reply(code, mail::EnhancedStatus{class_digit, subject, detail}, std::move(text)),
          std::move(cause), false};
}

mail::Rejection lookup_failed(std::string_view subject, const Error& error) {
  return refuse(451, 4, 3, fmt::format("<{}>: Temporary lookup failure", subject),
                error.describe());
}

// A name with at least two labels, or an address literal.
bool is_fully_qualified(std::string_view domain) {
  while (domain.ends_with('.'))
    domain.remove_suffix(1);
  return is_valid_mail_domain(domain) &&
         (domain.starts_with('[') || domain.find('.') != std::string_view::npos);
}

std::string sender_text(const RestrictionContext& context) {
  return context.sender == nullptr ? std::string() : mail::to_wire(*context.sender);
}

// "DEFER text" -> "text".
std::string_view text_behind(std::string_view action) {
  const std::size_t space = action.find_first_of(" \t");
  return space == std::string_view::npos ? std::string_view() : maps::trim(action.substr(space));
}

bool is_reply_code(std::string_view word) {
  return word.size() == 3 && (word[0] == '4' || word[0] == '5') && word[1] >= '0' &&
         word[1] <= '9' && word[2] >= '0' && word[2] <= '9';
}

// "5.7.1 go away": the status, taken off `text`.
std::optional<mail::EnhancedStatus> take_status(std::string_view& text) {
  const std::size_t end = text.find_first_of(" \t");
  const auto status = mail::EnhancedStatus::parse(text.substr(0, end));
  if (status)
    text = end == std::string_view::npos ? std::string_view() : maps::trim(text.substr(end));
  return status;
}

}  // namespace

RestrictionList::Step RestrictionList::apply(const Rule& rule, const RestrictionContext& context,
                                             const Directory& directory) const {
  const mail::Mailbox* recipient = context.recipient;
  const bool has_sender = context.sender != nullptr && context.sender->has_value();
  switch (rule.word) {
    case Word::kPermit: return {.verdict = Verdict::kPermit};
    case Word::kReject:
      return {Verdict::kReject, refuse(options_.reject_code, 7, 1, "Access denied")};
    case Word::kDefer:
      return {Verdict::kReject, refuse(options_.defer_code, 7, 1, "Try again later")};
    case Word::kDeferIfPermit:
      return {Verdict::kReject, refuse(options_.defer_code, 7, 1, "Try again later"), true};
    case Word::kDeferIfReject:
      return {Verdict::kReject, refuse(options_.defer_code, 7, 1, "Try again later"), false, true};
    case Word::kWarnIfReject: return {};
    case Word::kPermitMynetworks: return apply_client(context);
    case Word::kPermitSaslAuthenticated:
      return {.verdict = context.is_sasl_authenticated ? Verdict::kPermit : Verdict::kDunno};
    case Word::kPermitAuthDestination:
    case Word::kRejectUnauthDestination:
    case Word::kDeferUnauthDestination: return apply_destination(rule.word, context, directory);
    case Word::kRejectUnlistedRecipient:
      return recipient == nullptr ? Step{} : apply_unlisted(*recipient, false, directory);
    case Word::kRejectUnlistedSender:
      return has_sender ? apply_unlisted(**context.sender, true, directory) : Step{};
    case Word::kRejectUnauthPipelining:
      if (!context.has_pipelined_early) return {};
      return {Verdict::kReject, refuse(503, 5, 0, "Improper use of SMTP command pipelining")};
    case Word::kRejectNonFqdnHelo:
    case Word::kRejectInvalidHelo: return apply_helo(rule.word, context);
    case Word::kRejectNonFqdnSender:
      return has_sender ? apply_fqdn(**context.sender, "Sender") : Step{};
    case Word::kRejectNonFqdnRecipient:
      return recipient == nullptr ? Step{} : apply_fqdn(*recipient, "Recipient");
    case Word::kCheckClientAccess:
    case Word::kCheckHeloAccess:
    case Word::kCheckSenderAccess:
    case Word::kCheckRecipientAccess: return apply_access(rule, context, directory);
  }
  return {};
}

RestrictionList::Step RestrictionList::apply_client(const RestrictionContext& context) const {
  if (!options_.mynetworks) return {};
  const auto hit = options_.mynetworks->matches(context.client_address, context.client_name);
  if (!hit)
    return {Verdict::kReject,
            refuse(451, 3, 0, "Temporary lookup failure", "mynetworks: " + hit.error().describe())};
  return {.verdict = *hit ? Verdict::kPermit : Verdict::kDunno};
}

RestrictionList::Step RestrictionList::apply_destination(Word word,
                                                         const RestrictionContext& context,
                                                         const Directory& directory) const {
  if (context.recipient == nullptr) return {};
  const auto resolved = directory.resolve(*context.recipient);
  if (!resolved)
    return {Verdict::kReject, lookup_failed(context.recipient->to_wire(), resolved.error())};
  const bool is_ours = directory.is_auth_destination(*resolved);
  if (word == Word::kPermitAuthDestination)
    return {.verdict = is_ours ? Verdict::kPermit : Verdict::kDunno};
  if (is_ours) return {};
  const std::uint16_t code =
      word == Word::kDeferUnauthDestination ? 454 : options_.relay_domains_reject_code;
  return {Verdict::kReject,
          refuse(code, 7, 1, fmt::format("<{}>: Relay access denied", context.recipient->to_wire()),
                 fmt::format("resolves to <{}>, class {}", resolved->mailbox.to_wire(),
                             to_string(resolved->address_class)))};
}

RestrictionList::Step RestrictionList::apply_unlisted(const mail::Mailbox& address, bool as_sender,
                                                      const Directory& directory) const {
  auto refusal = directory.unlisted(address, as_sender);
  if (!refusal) return {Verdict::kReject, lookup_failed(address.to_wire(), refusal.error())};
  if (!*refusal) return {};
  return {Verdict::kReject, std::move(*refusal)};
}

RestrictionList::Step RestrictionList::apply_helo(Word word,
                                                  const RestrictionContext& context) const {
  if (context.helo.empty()) return {};
  const bool is_valid = is_valid_mail_domain(context.helo);
  if (word == Word::kRejectInvalidHelo) {
    if (is_valid) return {};
    return {Verdict::kReject,
            refuse(options_.invalid_hostname_reject_code, 5, 2,
                   fmt::format("<{}>: Helo command rejected: Invalid name", context.helo))};
  }
  if (is_valid && is_fully_qualified(context.helo)) return {};
  return {Verdict::kReject,
          refuse(options_.non_fqdn_reject_code, 5, 2,
                 fmt::format("<{}>: Helo command rejected: need fully-qualified hostname",
                             context.helo))};
}

RestrictionList::Step RestrictionList::apply_fqdn(const mail::Mailbox& address,
                                                  std::string_view what) const {
  // <postmaster> alone is complete (RFC 5321 s4.5.1).
  const bool is_bare_postmaster =
      !address.has_domain() && maps::equals_ignoring_case(address.local_part(), "postmaster");
  if (is_bare_postmaster || is_fully_qualified(address.domain())) return {};
  return {Verdict::kReject,
          refuse(options_.non_fqdn_reject_code, 5, 2,
                 fmt::format("<{}>: {} address rejected: need fully-qualified address",
                             address.to_wire(), what))};
}

Result<std::optional<std::string>> RestrictionList::find_access(
    const Rule& rule, const RestrictionContext& context) const {
  const bool match_subdomains = options_.access_maps_match_subdomains;
  if (rule.word == Word::kCheckClientAccess) {
    if (!context.client_name.empty()) {
      auto by_name = find_domain_access(rule.tables, context.client_name, match_subdomains);
      if (!by_name || *by_name) return by_name;
    }
    return find_address_access(rule.tables, context.client_address);
  }
  if (rule.word == Word::kCheckHeloAccess)
    return find_domain_access(rule.tables, context.helo, match_subdomains);
  if (rule.word == Word::kCheckRecipientAccess)
    return context.recipient == nullptr
               ? std::optional<std::string>()
               : find_mailbox_access(rule.tables, *context.recipient, options_.recipient_delimiter,
                                     match_subdomains);
  if (context.sender == nullptr) return std::nullopt;
  if (!context.sender->has_value())
    return rule.tables.lookup("<>");  // smtpd_null_access_lookup_key
  return find_mailbox_access(rule.tables, **context.sender, options_.recipient_delimiter,
                             match_subdomains);
}

RestrictionList::Step RestrictionList::apply_access(const Rule& rule,
                                                    const RestrictionContext& context,
                                                    const Directory& directory) const {
  std::string subject(context.helo);
  std::string_view what = "Helo command";
  if (rule.word == Word::kCheckClientAccess) {
    subject = fmt::format("{}[{}]", context.client_name, context.client_address);
    what = "Client host";
  } else if (rule.word == Word::kCheckSenderAccess) {
    subject = sender_text(context);
    what = "Sender address";
  } else if (rule.word == Word::kCheckRecipientAccess) {
    subject = context.recipient == nullptr ? "" : context.recipient->to_wire();
    what = "Recipient address";
  }
  const auto action = find_access(rule, context);
  if (!action) return {Verdict::kReject, lookup_failed(subject, action.error())};
  if (!*action) return {};
  return access_action(**action, subject, what, context, directory);
}

// access(5): OK, a number, DUNNO, REJECT, DEFER and its kin, "4xx text", "5xx text", or a word of
// the restriction language itself.  What we do not do must not be taken for a permit.
RestrictionList::Step RestrictionList::access_action(std::string_view action,
                                                     std::string_view subject,
                                                     std::string_view what,
                                                     const RestrictionContext& context,
                                                     const Directory& directory) const {
  action = maps::trim(action);
  const std::string_view word = action.substr(0, action.find_first_of(" \t"));
  std::string_view text = text_behind(action);
  const auto is = [&](std::string_view name) { return maps::equals_ignoring_case(word, name); };
  const auto answer = [&](std::uint16_t code, std::string_view otherwise) {
    const auto status = take_status(text);
    const std::uint8_t class_digit = code < 500 ? 4 : 5;
    return mail::Rejection{
        mail::Reply(
            code, status.value_or(mail::EnhancedStatus{class_digit, 7, 1}),
            fmt::format("<{}>: {} rejected: {}", subject, what, text.empty() ? otherwise : text)),
        {},
        false};
  };
  if (is_reply_code(word)) {
    std::uint16_t code = 0;
    std::from_chars(word.data(), word.data() + 3, code);
    mail::Rejection rejection = answer(code, "Access denied");
    rejection.disconnect = code == 421 || code == 521;
    return {Verdict::kReject, std::move(rejection)};
  }
  const bool is_number =
      !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
  if (is("OK") || is("PERMIT") || is_number) return {.verdict = Verdict::kPermit};
  if (is("DUNNO") || is("WARN") || is("INFO")) return {};
  if (is("REJECT"))
    return {Verdict::kReject, answer(options_.access_map_reject_code, "Access denied")};
  if (is("DEFER") || is("DEFER_IF_PERMIT") || is("DEFER_IF_REJECT"))
    return {Verdict::kReject, answer(options_.access_map_defer_code, "Try again later"),
            is("DEFER_IF_PERMIT"), is("DEFER_IF_REJECT")};
  RestrictionOptions inner = options_;
  inner.max_words = 32;
  const auto list = parse("access table", action, inner);
  if (!list)
    return {Verdict::kReject,
            refuse(451, 3, 5, "Server configuration error", list.error().describe())};
  // A table whose entries ask tables could ask itself without end.
  if (list->asks_tables())
    return {Verdict::kReject, refuse(451, 3, 5, "Server configuration error",
                                     fmt::format("\"{}\": no table may be named here", action))};
  RestrictionOutcome outcome = list->evaluate(context, directory);
  return {outcome.verdict, std::move(outcome.rejection)};
}

}  // namespace postern::routing
