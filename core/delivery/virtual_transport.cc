#include "core/delivery/virtual_transport.h"

#include <charconv>

#include "core/delivery/local/header_scan.h"
#include "core/routing/address_text.h"

namespace postern::delivery {
namespace {

LocalOutcome misconfigured(std::string remedy) {
  return deferred("4.3.5", "mail system configuration error", std::move(remedy));
}

}  // namespace

VirtualTransport::VirtualTransport(VirtualOptions options, std::shared_ptr<OrderRunner> runner,
                                   net::BlockingPool& pool)
    : BlockingTransport(pool), options_(std::move(options)), runner_(std::move(runner)) {}

mail::AttemptResult VirtualTransport::perform(const mail::Attempt& attempt) {
  mail::AttemptResult out;
  const auto header = scan_header(*attempt.content);
  if (!header) return same_for_all(attempt, outcome_of(header.error()), options_.service);
  for (const auto index : attempt.recipients) {
    const auto& recipient = attempt.envelope->recipients.at(index);
    const auto address = recipient.forward_path.to_lookup_key();
    auto outcome = header->was_delivered_to(address)
                       ? failed("5.4.6", "mail forwarding loop for " + address)
                       : deliver_one(attempt, recipient);
    out.recipients.push_back(
        recipient_result(attempt, index, std::move(outcome), options_.service));
  }
  return out;
}

Result<std::optional<std::string>> VirtualTransport::find(const maps::TableList& tables,
                                                          const mail::Mailbox& mailbox) const {
  const auto quoted = routing::quoted_local_part(mailbox);
  auto found = tables.find_address({.local_part = mailbox.local_part(),
                                    .quoted_local_part = quoted,
                                    .domain = mailbox.domain(),
                                    .delimiters = options_.recipient_delimiter});
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::nullopt;
  return std::move((*found)->value);
}

Result<std::uint32_t> VirtualTransport::find_id(const maps::TableList& tables,
                                                const mail::Mailbox& mailbox,
                                                std::string_view parameter) const {
  const auto found = find(tables, mailbox);
  if (!found) return std::unexpected(found.error());
  if (!*found)
    return fail(ErrorKind::kNotFound, "{} knows nothing of <{}>", parameter, mailbox.to_wire());
  const std::string& text = **found;
  std::uint32_t id = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || stop != text.data() + text.size())
    return fail(ErrorKind::kInvalid, "{} gives \"{:.40}\" for <{}>, which is no number", parameter,
                text, mailbox.to_wire());
  return id;
}

LocalOutcome VirtualTransport::deliver_one(const mail::Attempt& attempt,
                                           const mail::Recipient& recipient) {
  const auto& address = recipient.forward_path;
  const auto shown = address.to_lookup_key();
  const auto path = find(options_.mailboxes, address);
  if (!path) return deferred("4.3.0", "mailbox lookup error", path.error().describe());
  if (!*path) return failed("5.1.1", fmt::format("unknown user: \"{}\"", shown));
  const auto uid = find_id(options_.uids, address, "virtual_uid_maps");
  if (!uid) return misconfigured(uid.error().describe());
  const auto gid = find_id(options_.gids, address, "virtual_gid_maps");
  if (!gid) return misconfigured(gid.error().describe());
  if (*uid < options_.minimum_uid)
    return misconfigured(
        fmt::format("virtual_uid_maps gives {} for <{}>, below "
                    "virtual_minimum_uid = {}",
                    *uid, shown, options_.minimum_uid));
  if (options_.mailbox_base.empty()) return misconfigured("virtual_mailbox_base is not set");
  MailboxOrder order;
  order.owner = {*uid, *gid};
  order.base = options_.mailbox_base;
  order.path = **path;
  order.form = order.path.ends_with('/') ? MailboxForm::kMaildir : MailboxForm::kMbox;
  order.prologue = delivery_prologue(*attempt.envelope, recipient.original_recipient, shown);
  order.reverse_path = mail::to_wire(attempt.envelope->reverse_path);
  order.arrival =
      static_cast<std::uint64_t>(std::chrono::system_clock::to_time_t(attempt.envelope->arrival));
  order.size_limit = options_.mailbox_limit;
  order.quota = options_.quota;
  order.host = options_.myhostname;
  options_.locks.apply_to(order);
  return runner_->run(Order(std::move(order)), *attempt.content).outcome;
}

}  // namespace postern::delivery
