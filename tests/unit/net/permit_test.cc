#include "core/net/permit.h"

#include <gtest/gtest.h>

#include <limits>
#include <thread>
#include <vector>

namespace postern::net {
namespace {

TEST(Budget, GivesUpToItsLimit) {
  constexpr std::uint64_t kLimit = 100;
  Budget budget(kLimit);
  EXPECT_TRUE(budget.take(kLimit - 1));
  EXPECT_TRUE(budget.take(kLimit));
  EXPECT_FALSE(budget.take(kLimit + 1));
  EXPECT_FALSE(budget.take(kLimit * 1000));
  EXPECT_FALSE(budget.take(std::numeric_limits<std::uint64_t>::max()));
  EXPECT_EQ(budget.used(), 0u);  // each permit gave its share back
}

TEST(Budget, CountsTogetherWhatIsOut) {
  Budget budget(10);
  auto first = budget.take(6);
  ASSERT_TRUE(first);
  EXPECT_FALSE(budget.take(5));
  auto second = budget.take(4);
  ASSERT_TRUE(second);
  EXPECT_FALSE(budget.take(1));
  first.reset();
  EXPECT_EQ(budget.used(), 4u);
}

TEST(Budget, LoweredLimitHoldsForNewShares) {
  Budget budget(10);
  auto share = budget.take(8);
  budget.set_limit(5);
  EXPECT_FALSE(budget.take(1));
  EXPECT_FALSE(budget.take(0));  // over it, nothing more at all
  share.reset();
  EXPECT_TRUE(budget.take(5));
}

TEST(Permit, MovesItsShare) {
  Budget budget(10);
  Permit first = *budget.take(3);
  Permit second = std::move(first);
  EXPECT_EQ(budget.used(), 3u);
  EXPECT_EQ(second.amount(), 3u);
  Permit third = *budget.take(4);
  third = std::move(second);  // gives 4 back
  EXPECT_EQ(budget.used(), 3u);
  third.release();
  third.release();
  EXPECT_EQ(budget.used(), 0u);
}

TEST(Permit, GrowsWithinTheLimit) {
  Budget budget(10);
  Permit permit = *budget.take(1);
  EXPECT_TRUE(permit.grow(9));
  EXPECT_FALSE(permit.grow(1));
  EXPECT_EQ(permit.amount(), 10u);
  EXPECT_FALSE(Permit().grow(1));
}

TEST(Budget, HoldsUnderThreads) {
  Budget budget(50);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&budget] {
      for (int round = 0; round < 10'000; ++round) {
        const auto permit = budget.take(20);
        EXPECT_LE(budget.used(), 50u);
      }
    });
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(budget.used(), 0u);
}

}  // namespace
}  // namespace postern::net
