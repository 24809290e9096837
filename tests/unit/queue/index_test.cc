#include "core/queue/index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <set>

namespace postern::queue {
namespace {

TEST(Index, GivesWaitingMessagesInDueOrder) {
  Index index;
  for (const std::int64_t due : {50, 10, 40, 20, 30})
    index.wait_until(index.insert(QueueId(static_cast<std::uint64_t>(due))), from_ms(due));
  for (const std::int64_t due : {10, 20, 30, 40, 50}) {
    const Index::Slot first = index.first_due();
    EXPECT_EQ(index.at(first).due_ms, due);
    index.erase(first);
  }
  EXPECT_EQ(index.first_due(), Index::kNoSlot);
}

TEST(Index, RefusesAnIdTwice) {
  Index index;
  EXPECT_NE(index.insert(QueueId(7)), Index::kNoSlot);
  EXPECT_EQ(index.insert(QueueId(7)), Index::kNoSlot);
  EXPECT_EQ(index.size(), 1u);
}

TEST(Index, RandomWalkAgreesWithAMap) {
  Index index;
  std::map<QueueId, std::int64_t> waiting;
  std::set<QueueId> held;
  std::mt19937 random(3);
  for (int step = 0; step < 200'000; ++step) {
    const QueueId id(random() % 5000 + 1);
    Index::Slot slot = index.find(id);
    ASSERT_EQ(slot != Index::kNoSlot, waiting.contains(id) || held.contains(id));
    if (slot == Index::kNoSlot) slot = index.insert(id), held.insert(id);
    switch (random() % 4) {
      case 0:
      case 1:
        index.wait_until(slot, from_ms(waiting[id] = static_cast<std::int64_t>(random() % 1000)));
        held.erase(id);
        break;
      case 2:
        index.take_out(slot, MessageState::kHeld);
        waiting.erase(id);
        held.insert(id);
        break;
      default:
        index.erase(slot);
        waiting.erase(id);
        held.erase(id);
    }
    ASSERT_EQ(index.size(), waiting.size() + held.size());
    ASSERT_EQ(index.count(MessageState::kHeld), held.size());
    if (waiting.empty() || step % 16 != 0) continue;
    const auto least = std::ranges::min_element(
        waiting, {}, [](const auto& each) { return std::pair(each.second, each.first); });
    ASSERT_EQ(index.at(index.first_due()).id, least->first);
  }
}

TEST(Index, Row200OneMillionMessagesFit64OctetsEach) {
  Index index;
  constexpr std::uint64_t kMessages = 1'000'000;
  for (std::uint64_t i = 0; i < kMessages; ++i)
    index.wait_until(index.insert(QueueId(1'700'000'000'000'000 + i * 67)),
                     from_ms(static_cast<std::int64_t>(i * 7919 % 4'000'000)));
  EXPECT_LE(index.memory_bytes() / kMessages, 64u);
  // A message that comes and goes beside them does not touch the due order: no deep walk.
  const auto start = std::chrono::steady_clock::now();
  constexpr int kTurns = 100'000;
  for (int i = 0; i < kTurns; ++i) {
    const Index::Slot slot =
        index.insert(QueueId(9'000'000'000'000'000 + static_cast<unsigned>(i)));
    index.take_out(slot, MessageState::kActive);
    index.erase(slot);
  }
  const auto each = (std::chrono::steady_clock::now() - start) / kTurns;
  EXPECT_LT(each, std::chrono::microseconds(20)) << "far above any O(1) or O(log n) cost";
  RecordProperty("bytes_per_message", static_cast<int>(index.memory_bytes() / kMessages));
}

}  // namespace
}  // namespace postern::queue
