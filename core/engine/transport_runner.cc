#include "core/engine/transport_runner.h"

namespace postern::engine {
namespace {

// The configuration of a running queue can lose a transport: the mail waits for its return, as in
// Postfix.
mail::AttemptResult transport_unavailable(const mail::Attempt& attempt) {
  mail::AttemptResult out;
  for (const std::uint32_t recipient : attempt.recipients) {
    mail::RecipientResult& result = out.recipients.emplace_back();
    result.recipient = recipient;
    result.outcome = mail::Outcome::kDeferred;
    result.status = "4.3.5";
    result.diagnostic =
        "mail transport unavailable: master.cf has no transport named " + attempt.route.transport;
  }
  return out;
}

net::Task<void> deliver(net::Loop& loop, std::shared_ptr<delivery::Transport> transport,
                        mail::Attempt attempt, queue::AttemptDone done) {
  mail::AttemptResult result = co_await transport->deliver(loop, std::move(attempt));
  done(std::move(result));
}

}  // namespace

TransportRunner::TransportRunner(net::LoopPool& loops, const Current<Transports>& transports)
    : transports_(transports) {
  for (std::size_t i = 0; i < loops.size(); ++i)
    places_.push_back(std::make_unique<Place>(loops.at(i)));
}

void TransportRunner::run(mail::Attempt attempt, queue::AttemptDone done) {
  auto transport = transports_.get()->find(attempt.route.transport);
  if (!transport) return done(transport_unavailable(attempt));
  Place& place = *places_[turn_++ % places_.size()];
  auto start = [&place, transport = std::move(transport), attempt = std::move(attempt),
                done = std::move(done)]() mutable {
    place.tasks.spawn(
        deliver(place.loop, std::move(transport), std::move(attempt), std::move(done)));
  };
  place.loop.post(std::move(start));
}

std::size_t TransportRunner::running() const {
  std::size_t count = 0;
  for (const auto& place : places_)
    count += place->tasks.count();
  return count;
}

}  // namespace postern::engine
