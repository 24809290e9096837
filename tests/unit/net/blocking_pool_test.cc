#include "core/net/blocking_pool.h"

#include <gtest/gtest.h>

#include <future>
#include <optional>

#include "tests/support/loop_fixture.h"

namespace postern::net {
namespace {

// Occupies the only thread of a pool until released.  Outlives the pool.
class Occupant {
 public:
  void take(BlockingPool& pool) {
    std::promise<void> running;
    EXPECT_TRUE(pool.try_run([this, &running] {
      running.set_value();
      release_.get_future().wait();
    }));
    running.get_future().wait();
  }
  void release() { release_.set_value(); }

 private:
  std::promise<void> release_;
};

TEST(BlockingPool, RunsWhatItTakes) {
  std::atomic<int> sum = 0;
  {
    BlockingPool pool(4);
    for (int i = 1; i <= 100; ++i)
      EXPECT_TRUE(pool.try_run([&sum, i] { sum += i; }));
  }  // runs what waits
  EXPECT_EQ(sum.load(), 5050);
}

TEST(BlockingPool, QueueIsBounded) {
  constexpr std::size_t kLimit = 8;
  std::atomic<std::size_t> ran = 0;
  Occupant occupant;
  std::optional<BlockingPool> pool_at(std::in_place, 1, kLimit);
  BlockingPool& pool = *pool_at;
  occupant.take(pool);
  for (std::size_t i = 0; i < kLimit; ++i) {
    EXPECT_EQ(pool.queued(), i);
    EXPECT_TRUE(pool.try_run([&ran] { ++ran; }));
  }
  for (std::size_t i = 0; i < kLimit * 1000; ++i)
    EXPECT_FALSE(pool.try_run([] { FAIL(); }));
  EXPECT_EQ(pool.queued(), kLimit);
  occupant.release();
  pool_at.reset();
  EXPECT_EQ(ran.load(), kLimit);
}

TEST(BlockingPool, StoppedTakesNothingNew) {
  std::atomic<int> ran = 0;
  Occupant occupant;
  BlockingPool pool(1);
  occupant.take(pool);
  EXPECT_TRUE(pool.try_run([&ran] { ++ran; }));
  pool.stop();
  EXPECT_FALSE(pool.try_run([] { FAIL(); }));
  occupant.release();
}

int answer() { return 42; }

Task<std::optional<bool>> where(Loop& loop, BlockingPool& pool) {
  const auto is_on_loop = [&loop] { return loop.is_current(); };
  auto result = co_await on_pool(loop, pool, is_on_loop);
  EXPECT_TRUE(loop.is_current());
  co_return result;
}

Task<std::optional<std::unique_ptr<int>>> move_only(Loop& loop, BlockingPool& pool) {
  auto owned = std::make_unique<int>(7);
  auto work = [owned = std::move(owned)]() mutable { return std::move(owned); };
  co_return co_await on_pool(loop, pool, std::move(work));
}

using OnPoolTest = testing::LoopTest;

TEST_F(OnPoolTest, RunsOnThePoolAndComesBackToTheLoop) {
  BlockingPool pool(1);
  EXPECT_EQ(run(on_pool(loop(), pool, &answer)), 42);
  EXPECT_EQ(run(where(loop(), pool)), false);
}

TEST_F(OnPoolTest, CarriesWhatCanOnlyBeMoved) {
  BlockingPool pool(1);
  const auto value = run(move_only(loop(), pool));
  ASSERT_TRUE(value);
  EXPECT_EQ(**value, 7);
}

TEST_F(OnPoolTest, FullPoolIsNoValue) {
  BlockingPool pool(1, 0);
  EXPECT_EQ(run(on_pool(loop(), pool, &answer)), std::nullopt);
}

}  // namespace
}  // namespace postern::net
