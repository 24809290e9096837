#include "core/base/queue_id.h"

#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace postern {
namespace {

TEST(QueueIdTest, PrintsAndParsesTheSame) {
  for (const std::uint64_t value : {std::uint64_t{1}, std::uint64_t{0xABC}, ~std::uint64_t{0}}) {
    const QueueId id(value);
    EXPECT_EQ(QueueId::parse(id.to_string()), id);
  }
  EXPECT_EQ(QueueId(0x4F8D21A2B3C).to_string(), "4F8D21A2B3C");
}

TEST(QueueIdTest, WhatIsNoId) {
  for (const auto text : {"", "4f8d", "G", "12345678901234567", "-1", "0x1", " 1", "1 ", "noqueue"})
    EXPECT_FALSE(QueueId::parse(text)) << text;
  EXPECT_TRUE(QueueId::parse("1234567890123456"));
}

TEST(QueueIdSourceTest, IdsRiseThoughTheClockStandsStillOrGoesBack) {
  ManualClock clock;
  QueueIdSource source(clock);
  const auto first = source.next();
  const auto second = source.next();
  EXPECT_LT(first, second);
  clock.set_wall(WallTime(std::chrono::seconds(1)));
  EXPECT_LT(second, source.next());
  clock.advance(std::chrono::hours(1'000'000));
  const auto late = source.next();
  EXPECT_GT(late.value(), second.value() + 1000);
}

TEST(QueueIdSourceTest, Row201AFloorFromRecoveryIsNeverRepeated) {
  ManualClock clock;
  const QueueId seen(~std::uint64_t{0} - 1000);
  QueueIdSource source(clock, seen);
  EXPECT_GT(source.next(), seen);
  QueueIdSource other(clock);
  (void)other.next();
  other.raise_floor(seen);
  EXPECT_GT(other.next(), seen);
  other.raise_floor(QueueId(1));
  EXPECT_GT(other.next(), seen);
}

TEST(QueueIdSourceTest, ThreadsGetDifferentIds) {
  ManualClock clock;
  QueueIdSource source(clock);
  std::mutex mutex;
  std::set<QueueId> all;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        std::vector<QueueId> mine;
        for (int i = 0; i < 2000; ++i)
          mine.push_back(source.next());
        const std::lock_guard lock(mutex);
        all.insert(mine.begin(), mine.end());
      });
  }
  EXPECT_EQ(all.size(), 8000u);
}

}  // namespace
}  // namespace postern
