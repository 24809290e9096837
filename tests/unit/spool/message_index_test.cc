#include "core/spool/message_index.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace postern::spool {
namespace {

TEST(MessageIndex, BehavesAsAMapThroughRandomWalks) {
  for (unsigned seed = 0; seed < 5; ++seed) {
    std::mt19937_64 random(seed);
    MessageIndex index;
    std::map<QueueId, std::uint32_t> model;
    for (int step = 0; step < 20'000; ++step) {
      // Few ids, near each other, as a queue has them.
      const QueueId id(1'700'000'000'000'000 + random() % 3000);
      if (random() % 2 == 0) {
        index.insert(id).attempts = static_cast<std::uint32_t>(step);
        model[id] = static_cast<std::uint32_t>(step);
      } else {
        index.erase(id);
        model.erase(id);
      }
    }
    EXPECT_EQ(index.size(), model.size());
    for (const auto& [id, attempts] : model) {
      ASSERT_NE(index.find(id), nullptr);
      EXPECT_EQ(index.find(id)->attempts, attempts);
    }
    std::size_t visited = 0;
    index.for_each([&](const MessageIndex::Slot& slot) {
      ++visited;
      EXPECT_TRUE(model.contains(slot.id));
    });
    EXPECT_EQ(visited, model.size());
  }
}

TEST(MessageIndex, AMillionMessagesTakeAtMost64OctetsEach) {
  MessageIndex index;
  constexpr std::size_t kMessages = 1'000'000;
  for (std::size_t i = 0; i < kMessages; ++i)
    index.insert(QueueId(1'700'000'000'000'000 + i * 37));
  EXPECT_EQ(index.size(), kMessages);
  EXPECT_LE(index.footprint(), kMessages * 64);
}

TEST(MessageIndex, EraseOfWhatIsNotThereIsNothing) {
  MessageIndex index;
  index.erase(QueueId(1));
  index.insert(QueueId(2));
  index.erase(QueueId(1));
  EXPECT_EQ(index.size(), 1u);
}

}  // namespace
}  // namespace postern::spool
