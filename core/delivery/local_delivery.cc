#include "core/delivery/local_delivery.h"

#include <algorithm>
#include <map>

#include "core/base/log.h"
#include "core/delivery/blocking_transport.h"
#include "core/delivery/local/mbox.h"
#include "core/delivery/local/user_command.h"
#include "core/routing/address_text.h"

namespace postern::delivery {
namespace {

using Kind = Destination::Kind;

LocalResult only(LocalOutcome outcome) { return {std::move(outcome), {}, std::nullopt}; }

bool is_done_here(const Destination& destination) {
  return destination.kind == Kind::kCommand || destination.kind == Kind::kFile;
}

std::uint64_t seconds_of(WallTime time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

// Success is reported by us, as "expanded" (RFC 3461 s5.2.7.2).
mail::DsnNotify without_success(mail::DsnNotify notify) {
  const auto bits = static_cast<std::uint8_t>(notify);
  const auto left = bits & ~static_cast<std::uint8_t>(mail::DsnNotify::kSuccess);
  if (bits != 0 && left == 0) return mail::DsnNotify::kNever;
  return static_cast<mail::DsnNotify>(left);
}

}  // namespace

LocalDelivery::LocalDelivery(const LocalTools& tools, const mail::Attempt& attempt,
                             std::uint32_t recipient, const HeaderScan& header)
    : tools_(tools),
      attempt_(attempt),
      index_(recipient),
      recipient_(attempt.envelope->recipients.at(recipient)),
      header_(header) {
  const auto& path = recipient_.forward_path;
  const auto local_part = path.local_part().substr(is_to_mailbox() ? 1 : 0);
  delivered_to_ = mail::Mailbox(local_part, path.domain()).to_lookup_key();
}

bool LocalDelivery::is_to_mailbox() const {
  return recipient_.forward_path.local_part().starts_with('\\');
}

LocalResult LocalDelivery::run() {
  // A mailbox ends every loop, and "\user" may well be in a message that user's alias sent on.
  if (!is_to_mailbox() && header_.was_delivered_to(delivered_to_))
    return only(failed("5.4.6", "mail forwarding loop for " + delivered_to_));
  Expander expander(tools_.options.expansion, tools_.directory, tools_.runner,
                    tools_.options.service);
  auto expansion = expander.expand(recipient_.forward_path);
  if (expansion.refusal) return only(std::move(*expansion.refusal));
  if (expansion.destinations.empty())
    return only(failed("5.1.1", "alias \"" + delivered_to_ + "\" leads to nobody"));
  if (expansion.destinations.size() == 1) return deliver_alone(expansion.destinations.front());
  return deliver_all(expansion.destinations);
}

LocalResult LocalDelivery::deliver_alone(const Destination& destination) {
  switch (destination.kind) {
    case Kind::kMailbox: return deliver_mailbox(destination);
    case Kind::kUnknown: return deliver_unknown(destination);
    case Kind::kCommand: return only(run_command(destination, destination.text));
    case Kind::kFile: return only(write_file(destination));
    case Kind::kRefused: return only(destination.refusal);
    case Kind::kForward: break;
  }
  const Destination* one = &destination;
  return forward({&one, 1});
}

// Nothing is sent on before the commands and files have had their turn: as long as one of them has
// to be tried again, the recipient is.
LocalResult LocalDelivery::deliver_all(const std::vector<Destination>& destinations) {
  std::optional<LocalOutcome> failure;
  std::optional<LocalOutcome> delay;
  std::vector<const Destination*> done;
  std::vector<const Destination*> to_forward;
  for (const auto& each : destinations) {
    if (each.kind != Kind::kRefused && !is_done_here(each)) {
      to_forward.push_back(&each);
      continue;
    }
    auto outcome = each.kind == Kind::kRefused ? each.refusal : do_once(each);
    if (outcome.outcome == mail::Outcome::kDeferred) {
      if (!delay) delay = std::move(outcome);
      continue;
    }
    if (each.kind != Kind::kRefused) done.push_back(&each);
    if (!outcome.is_delivered() && !failure) failure = std::move(outcome);
  }
  LocalResult result = only(delivered(fmt::format("delivered to {} destinations", done.size())));
  if (!delay && !to_forward.empty()) {
    result = forward(to_forward);
    if (result.outcome.outcome == mail::Outcome::kDeferred) delay = result.outcome;
  }
  if (delay) {
    // What failed for good is forgotten here: it fails again when the rest is ready.
    for (const auto* each : done)
      tools_.done.add(done_name(*each));
    return only(std::move(*delay));
  }
  if (!failure) return result;
  if (result.expanded.empty()) return only(std::move(*failure));
  // Without a forwarder the copies are the result, and this recipient cannot fail as well.
  log::warning(tools_.options.service, "{:X}: {}: one destination failed: {} {}",
               attempt_.id.value(), delivered_to_, failure->status, failure->diagnostic);
  return result;
}

LocalOutcome LocalDelivery::do_once(const Destination& destination) {
  if (tools_.done.contains(done_name(destination))) return delivered("delivered before");
  return destination.kind == Kind::kCommand ? run_command(destination, destination.text)
                                            : write_file(destination);
}

std::string LocalDelivery::done_name(const Destination& destination) const {
  return fmt::format("{:X} {} {} {} {}", attempt_.id.value(), index_,
                     static_cast<int>(destination.kind), destination.privileges.uid,
                     destination.text);
}

std::string LocalDelivery::prologue(bool with_delivered_to) const {
  return delivery_prologue(*attempt_.envelope, recipient_.original_recipient,
                           with_delivered_to ? delivered_to_ : std::string());
}

MailboxOrder LocalDelivery::mailbox_order(const Identity& owner) const {
  MailboxOrder order;
  order.owner = owner;
  order.prologue = prologue(tools_.options.delivered_header_for_files);
  order.reverse_path = mail::to_wire(attempt_.envelope->reverse_path);
  order.arrival = seconds_of(attempt_.envelope->arrival);
  order.size_limit = tools_.options.mailbox_limit;
  order.quota = tools_.options.quota;
  order.host = tools_.options.myhostname;
  tools_.options.locks.apply_to(order);
  return order;
}

// In local(8)'s order: mailbox_transport, mailbox_command, home_mailbox, mail_spool_directory.
LocalResult LocalDelivery::deliver_mailbox(const Destination& destination) {
  const auto& options = tools_.options;
  if (auto route = tools_.directory.mailbox_transport(destination.address)) {
    mail::Recipient recipient = recipient_;
    recipient.forward_path = destination.address;
    LocalResult result;
    result.hand_over = LocalResult::HandOver{std::move(*route), std::move(recipient)};
    return result;
  }
  const auto& user = *destination.user;
  if (user.identity.uid == 0)
    return only(deferred("4.2.0", "mail for " + user.name + " cannot be delivered",
                         "nothing is delivered with root's rights; name a person in the alias \"" +
                             user.name + "\" and run newaliases"));
  if (!options.mailbox_command.empty())
    return only(run_command(destination, options.mailbox_command));
  auto order = mailbox_order(user.identity);
  order.base = options.home_mailbox.empty() ? options.spool_directory : user.home;
  order.path = options.home_mailbox;
  if (options.home_mailbox.empty()) {
    order.path = user.name;
    if (order.base.size() > 1 && order.base.ends_with('/')) order.path += '/';
  }
  while (order.base.size() > 1 && order.base.ends_with('/'))
    order.base.pop_back();
  order.form = order.path.ends_with('/') ? MailboxForm::kMaildir : MailboxForm::kMbox;
  return only(tools_.runner.run(Order(std::move(order)), *attempt_.content).outcome);
}

LocalResult LocalDelivery::deliver_unknown(const Destination& destination) {
  if (auto route = tools_.directory.fallback_transport(destination.address)) {
    mail::Recipient recipient = recipient_;
    recipient.forward_path = destination.address;
    LocalResult result;
    result.hand_over = LocalResult::HandOver{std::move(*route), std::move(recipient)};
    return result;
  }
  const auto& domain = tools_.directory.options().myorigin;
  if (const auto& relay = tools_.options.luser_relay; !relay.empty()) {
    const LocalNames names{nullptr, destination.address,
                           tools_.directory.options().recipient_delimiter};
    auto address = routing::parse_table_address(expand_names(relay, names));
    if (!address)
      return only(deferred("4.3.5", "mail system configuration error",
                           "luser_relay: " + address.error().describe()));
    if (!address->has_domain()) address = mail::Mailbox(address->local_part(), domain);
    if (!(*address == destination.address)) {
      Destination target = destination;
      target.kind = Kind::kForward;
      target.address = *address;
      const Destination* one = &target;
      return forward({&one, 1});
    }
  }
  return only(failed("5.1.1", fmt::format("unknown user: \"{}\"",
                                          mail::to_lower_ascii(destination.address.local_part()))));
}

LocalOutcome LocalDelivery::run_command(const Destination& destination, const std::string& line) {
  const auto& options = tools_.options;
  const SystemUser* user = destination.user ? &*destination.user : nullptr;
  const auto path = is_to_mailbox() ? mail::Mailbox(recipient_.forward_path.local_part().substr(1),
                                                    recipient_.forward_path.domain())
                                    : recipient_.forward_path;
  const LocalNames names{user, path, tools_.directory.options().recipient_delimiter};
  CommandOrder order;
  order.owner = destination.privileges;
  order.argv = command_words(line, options.command_shell);
  order.environment = command_environment(options.environment, names, *attempt_.envelope,
                                          recipient_.original_recipient);
  if (user != nullptr) order.directory = user->home;
  order.form.prologue = from_line(mail::to_wire(attempt_.envelope->reverse_path),
                                  seconds_of(attempt_.envelope->arrival)) +
                        prologue(options.delivered_header_for_commands);
  order.time_limit_seconds = static_cast<std::uint32_t>(options.command_time_limit.count());
  auto outcome = tools_.runner.run(Order(std::move(order)), *attempt_.content).outcome;
  if (outcome.is_delivered()) outcome.diagnostic = "delivered to command: " + log::printable(line);
  return outcome;
}

LocalOutcome LocalDelivery::write_file(const Destination& destination) {
  auto order = mailbox_order(destination.privileges);
  order.base = "/";
  order.path = destination.text.substr(
      std::min(destination.text.find_first_not_of('/'), destination.text.size()));
  order.form = order.path.ends_with('/') ? MailboxForm::kMaildir : MailboxForm::kMbox;
  auto outcome = tools_.runner.run(Order(std::move(order)), *attempt_.content).outcome;
  if (outcome.is_delivered())
    outcome.diagnostic = "delivered to file: " + log::printable(destination.text);
  return outcome;
}

mail::Recipient LocalDelivery::recipient_of(const Destination& destination) const {
  mail::Recipient out = recipient_;
  if (out.original_recipient.empty()) out.original_recipient = delivered_to_;
  out.notify = without_success(out.notify);
  const auto& address = destination.address;
  out.forward_path = destination.kind == Kind::kForward
                         ? address
                         : mail::Mailbox("\\" + address.local_part(), address.domain());
  if (destination.list_owner && attempt_.envelope->reverse_path) {
    // A list is a new sender: what its members' systems report is the owner's concern.
    out.notify = mail::DsnNotify::kUnspecified;
    out.orcpt.clear();
  }
  return out;
}

LocalResult LocalDelivery::forward(std::span<const Destination* const> destinations) {
  if (tools_.forwarder == nullptr) {
    LocalResult result;
    for (const auto* each : destinations)
      result.expanded.push_back(recipient_of(*each));
    result.outcome = {mail::Outcome::kExpanded,
                      "2.0.0",
                      fmt::format("expanded to {} recipients", result.expanded.size()),
                      {}};
    return result;
  }
  // One new message for each reverse-path.
  std::map<std::string, std::vector<const Destination*>> by_sender;
  for (const auto* each : destinations)
    by_sender[each->list_owner ? each->list_owner->to_wire() : ""].push_back(each);
  LocalOutcome outcome;
  for (const auto& [sender, group] : by_sender) {
    const auto name = fmt::format("{:X} {} sender {}", attempt_.id.value(), index_, sender);
    if (by_sender.size() > 1 && tools_.done.contains(name)) continue;
    outcome = send(group);
    if (outcome.outcome == mail::Outcome::kDeferred) return only(std::move(outcome));
    if (by_sender.size() > 1) tools_.done.add(name);
  }
  if (outcome.outcome != mail::Outcome::kExpanded)
    outcome = {mail::Outcome::kExpanded, "2.0.0", "forwarded before", {}};
  return only(std::move(outcome));
}

LocalOutcome LocalDelivery::send(std::span<const Destination* const> destinations) {
  Forwarding message;
  message.parent = attempt_.id;
  message.envelope = *attempt_.envelope;
  message.envelope.origin = mail::Origin::kForwarded;
  message.envelope.recipients.clear();
  for (const auto* each : destinations)
    message.envelope.recipients.push_back(recipient_of(*each));
  const auto& owner = destinations.front()->list_owner;
  if (owner && message.envelope.reverse_path) {  // a notification stays one
    message.envelope.reverse_path = owner;
    message.envelope.envid.clear();
  }
  if (tools_.options.delivered_header_for_forwards)
    message.prologue = "Delivered-To: " + delivered_to_ + "\n";
  message.content = attempt_.content;
  const auto id = tools_.forwarder->forward(std::move(message));
  if (!id) return deferred("4.3.0", "the mail could not be forwarded", id.error().describe());
  return {mail::Outcome::kExpanded, "2.0.0", fmt::format("forwarded as {:X}", id->value()), {}};
}

}  // namespace postern::delivery
