#include "core/delivery/local_transport.h"

namespace postern::delivery {

LocalTransport::LocalTransport(LocalOptions options,
                               std::shared_ptr<const routing::Directory> directory,
                               std::shared_ptr<OrderRunner> runner,
                               std::shared_ptr<Forwarder> forwarder, TransportFinder find_transport,
                               net::BlockingPool& pool)
    : options_(std::move(options)),
      directory_(std::move(directory)),
      runner_(std::move(runner)),
      forwarder_(std::move(forwarder)),
      find_transport_(std::move(find_transport)),
      pool_(pool) {}

std::vector<LocalResult> LocalTransport::perform(const mail::Attempt& attempt) {
  std::vector<LocalResult> out;
  const auto header = scan_header(*attempt.content);
  const LocalTools tools{options_, *directory_, *runner_, forwarder_.get(), done_};
  for (const auto index : attempt.recipients) {
    if (header) {
      out.push_back(LocalDelivery(tools, attempt, index, *header).run());
    } else {
      out.push_back({outcome_of(header.error()), {}, std::nullopt});
    }
  }
  return out;
}

net::Task<mail::AttemptResult> LocalTransport::deliver(net::Loop& loop, mail::Attempt attempt) {
  const auto started = std::chrono::steady_clock::now();
  auto work = [this, attempt]() { return perform(attempt); };
  auto performed = co_await net::on_pool(loop, pool_, std::move(work));
  if (!performed)
    co_return same_for_all(attempt, deferred("4.3.2", "too many deliveries are waiting"),
                           options_.service);
  mail::AttemptResult result;
  for (std::size_t i = 0; i < performed->size(); ++i) {
    const auto index = attempt.recipients[i];
    LocalResult& each = performed->at(i);
    if (each.hand_over) {
      result.recipients.push_back(
          co_await hand_over(loop, attempt, std::move(*each.hand_over), index));
      continue;
    }
    auto one = recipient_result(attempt, index, std::move(each.outcome), options_.service);
    one.expanded = std::move(each.expanded);
    result.recipients.push_back(std::move(one));
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
  result.transmit_seconds = taken.count();
  co_return result;
}

net::Task<mail::RecipientResult> LocalTransport::hand_over(net::Loop& loop, mail::Attempt attempt,
                                                           LocalResult::HandOver hand_over,
                                                           std::uint32_t recipient) {
  std::shared_ptr<Transport> transport;
  if (find_transport_) transport = find_transport_(hand_over.route.transport);
  if (transport == nullptr || transport.get() == this) {
    const auto remedy =
        "mailbox_transport or fallback_transport: master.cf has no other service \"" +
        hand_over.route.transport + "\"";
    co_return recipient_result(attempt, recipient,
                               deferred("4.3.5", "mail system configuration error", remedy),
                               options_.service);
  }
  auto envelope = std::make_shared<mail::Envelope>(*attempt.envelope);
  envelope->recipients = {std::move(hand_over.recipient)};
  attempt.envelope = std::move(envelope);
  attempt.recipients = {0};
  attempt.lane.transport = hand_over.route.transport;
  attempt.lane.site = hand_over.route.next_hop;
  attempt.route = std::move(hand_over.route);
  auto result = co_await transport->deliver(loop, std::move(attempt));
  if (result.recipients.empty()) {
    mail::RecipientResult missing;
    missing.recipient = recipient;
    missing.status = "4.3.0";
    missing.diagnostic = "the mailbox transport gave no result";
    co_return missing;
  }
  auto out = std::move(result.recipients.front());
  out.recipient = recipient;
  co_return out;
}

}  // namespace postern::delivery
