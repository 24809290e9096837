#include "tests/crash/check.h"

#include "tests/crash/world.h"

namespace postern::crash {
namespace {

std::string name_of(const Ledger::Delivery& delivery) {
  return fmt::format("{} recipient {}", delivery.first.to_string(), delivery.second);
}

void check_message(const spool::StoredMessage& message, const Ledger& ledger,
                   const std::string& where, Findings& findings) {
  const auto offer = ledger.offers.find(message.id);
  if (offer == ledger.offers.end())
    return findings.violate(where, "unknown message " + message.id.to_string());
  const auto octets = mail::read_all(*message.content, 1 << 24);
  if (!octets || *octets != content_of(offer->second.seed))
    findings.violate(where, "torn: " + message.id.to_string());
  if (offer->second.is_refused) findings.violate(where, "risen: " + message.id.to_string());
  for (std::uint32_t i = 0; i < offer->second.recipients; ++i) {
    const Ledger::Delivery delivery{message.id, i};
    const bool is_pending = message.state.recipients.at(i).state == spool::RecipientState::kPending;
    if (is_pending && ledger.recorded.contains(delivery))
      findings.violate(where, "forgotten: " + name_of(delivery));
    if (is_pending && ledger.delivered.contains(delivery)) ++findings.repeated;
    if (!is_pending && !ledger.is_settled(delivery))
      findings.violate(where, "lost: " + name_of(delivery) + " is marked as done");
  }
}

}  // namespace

void Findings::violate(const std::string& where, std::string what) {
  ++violation_count;
  if (violations.size() < kMostKept) violations.push_back(where + ": " + std::move(what));
}

void check_spool(spool::FileSystem& fs, const spool::StoreOptions& options, const Ledger& ledger,
                 const std::string& where, Findings& findings) {
  ++findings.states;
  if (ledger.torn != 0) findings.violate(where, "torn: delivered with other octets");
  const ManualClock clock;
  auto store = spool::Store::open(fs, options, clock);
  if (!store) return findings.violate(where, "does not open: " + store.error().describe());
  std::set<QueueId> live;
  const auto recovery =
      (*store)->load([&](const spool::IndexEntry& entry) { live.insert(entry.id); });
  if (!recovery) return findings.violate(where, "does not load: " + recovery.error().describe());
  findings.torn_tails += recovery->torn_tails;
  if (recovery->corrupt_records != 0)
    findings.violate(where, fmt::format("alarm: {} records", recovery->corrupt_records));
  for (const QueueId id : live) {
    const auto message = (*store)->read(id);
    if (message)
      check_message(*message, ledger, where, findings);
    else
      findings.violate(where, "unreadable: " + message.error().describe());
  }
  for (const auto& [id, offer] : ledger.offers) {
    if (!offer.is_acked || live.contains(id)) continue;
    for (std::uint32_t i = 0; i < offer.recipients; ++i)
      if (!ledger.is_settled({id, i})) findings.violate(where, "lost: " + name_of({id, i}));
  }
}

void check_drained(spool::FileSystem& fs, const spool::StoreOptions& options, Ledger ledger,
                   const std::string& where, Findings& findings) {
  ++findings.drained;
  ledger.set_observer(nullptr);
  const auto delivered_before = ledger.delivered;
  const auto recorded_before = ledger.recorded;
  {
    World world(fs, options, ledger);
    if (const auto started = world.start(); !started)
      return findings.violate(where, "does not start: " + started.error().describe());
    for (int i = 0; i < 4; ++i)
      world.advance(std::chrono::hours(1));
    world.maintain();
    if (world.queued() != 0)
      findings.violate(where, fmt::format("stuck: {} messages", world.queued()));
    if (const std::string broken = world.find_broken_invariant(); !broken.empty())
      findings.violate(where, "queue: " + broken);
  }
  if (ledger.torn != 0) findings.violate(where, "torn: delivered with other octets");
  for (const auto& [id, offer] : ledger.offers) {
    for (std::uint32_t i = 0; i < offer.recipients; ++i) {
      const Ledger::Delivery delivery{id, i};
      if (offer.is_acked && !ledger.is_settled(delivery))
        findings.violate(where, "lost: " + name_of(delivery));
      const auto now = ledger.delivered.find(delivery);
      const auto before = delivered_before.find(delivery);
      const unsigned times = now == ledger.delivered.end() ? 0 : now->second;
      const unsigned first = before == delivered_before.end() ? 0 : before->second;
      if (times > std::max(first, 1u) && recorded_before.contains(delivery))
        findings.violate(where, "forgotten: " + name_of(delivery));
      if (times > first + 1) findings.violate(where, "repeated: " + name_of(delivery));
    }
  }
  World again(fs, options, ledger);
  if (const auto started = again.start(); !started)
    findings.violate(where, "does not start again: " + started.error().describe());
  else if (again.queued() != 0)
    findings.violate(where, fmt::format("risen: {} messages after all were done", again.queued()));
}

}  // namespace postern::crash
