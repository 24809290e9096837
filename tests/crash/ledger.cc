#include "tests/crash/ledger.h"

#include <fmt/format.h>

namespace postern::crash {

std::string content_of(std::uint64_t seed) {
  std::string out = fmt::format("Subject: {}\r\n\r\n", seed);
  // Large ones cross the border of a checksum block.
  const std::size_t size = seed >= kLargeSeed ? 70'000 + seed % 1000 : 40 + seed % 900;
  std::uint64_t state = seed * 0x9E3779B97F4A7C15ull + 1;
  while (out.size() < size) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    out += fmt::format("{:016x}\r\n", state);
  }
  return out;
}

void Ledger::note(const Event& event) {
  const QueueId id(event.id);
  const Delivery delivery{id, event.recipient};
  switch (event.kind) {
    case Event::Kind::kOffered: offers[id] = {event.recipient, event.seed, false, false}; break;
    case Event::Kind::kAcked: offers[id].is_acked = true; break;
    case Event::Kind::kRefused: offers[id].is_refused = true; break;
    case Event::Kind::kDelivered: ++delivered[delivery]; break;
    case Event::Kind::kTorn: ++torn; break;
    case Event::Kind::kRecorded: recorded.insert(delivery); break;
    case Event::Kind::kBounced: bounced.insert(delivery); break;
    case Event::Kind::kCalls: calls = event.id; break;
  }
  if (observer_) observer_(event);
}

}  // namespace postern::crash
