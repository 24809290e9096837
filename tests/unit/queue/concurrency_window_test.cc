#include "core/queue/concurrency_window.h"

#include <gtest/gtest.h>

namespace postern::queue {
namespace {

using namespace std::chrono_literals;

struct Fixture {
  Fixture() { queue.jitter = 0; }
  QueueOptions queue;
  TransportOptions transport;
  WallTime now{1'000'000s};
};

TEST(Feedback, ParsesPostfixsForms) {
  EXPECT_EQ(Feedback::parse("1")->amount(4), 1.0);
  EXPECT_EQ(Feedback::parse("0.5")->amount(4), 0.5);
  EXPECT_EQ(Feedback::parse("1/concurrency")->amount(4), 0.25);
  EXPECT_EQ(Feedback::parse("1/sqrt_concurrency")->amount(4), 0.5);
  for (const char* bad : {"", "x", "1/", "1/foo", "/concurrency", "2", "-1", "nan", "1 "})
    EXPECT_FALSE(Feedback::parse(bad)) << bad;
}

TEST(ConcurrencyWindow, GrowsByOneForEachSuccessUpToTheLimit) {
  Fixture f;
  ConcurrencyWindow window(f.transport);
  EXPECT_EQ(window.limit(f.now), 5u);
  for (unsigned i = 0; i < 15; ++i)
    window.on_good(window.limit(f.now));
  EXPECT_EQ(window.limit(f.now), 20u);
  window.on_good(20);
  EXPECT_EQ(window.limit(f.now), 20u);
}

TEST(ConcurrencyWindow, FractionalFeedbackNeedsAWholeWindowOfResults) {
  Fixture f;
  f.transport.positive_feedback = *Feedback::parse("1/concurrency");
  f.transport.negative_feedback = *Feedback::parse("1/concurrency");
  ConcurrencyWindow window(f.transport);
  for (int i = 0; i < 4; ++i)
    window.on_good(5);
  EXPECT_EQ(window.limit(f.now), 5u);
  window.on_good(5);
  EXPECT_EQ(window.limit(f.now), 6u);
  for (int i = 0; i < 5; ++i)
    window.on_throttle();
  EXPECT_EQ(window.limit(f.now), 6u);
  window.on_throttle();
  EXPECT_EQ(window.limit(f.now), 5u);
}

TEST(ConcurrencyWindow, DoesNotGrowWhereItIsNotUsed) {
  Fixture f;
  ConcurrencyWindow window(f.transport);
  for (int i = 0; i < 100; ++i)
    window.on_good(1);
  EXPECT_LE(window.limit(f.now), 6u);
}

TEST(ConcurrencyWindow, ThrottlingNeverKills) {
  Fixture f;
  ConcurrencyWindow window(f.transport);
  for (int i = 0; i < 1000; ++i)
    window.on_throttle();
  EXPECT_EQ(window.limit(f.now), 1u);
  EXPECT_FALSE(window.is_dead(f.now));
}

TEST(ConcurrencyWindow, OneCohortOfFailuresIsDeath) {
  Fixture f;
  f.transport.negative_feedback.numerator = 0;  // so that the cohort stays five wide
  RetryPolicy policy(f.queue);
  ConcurrencyWindow window(f.transport);
  for (int i = 0; i < 4; ++i)
    EXPECT_FALSE(window.on_dead(f.now, policy));
  window.on_good(5);  // alive after all: the count starts again
  for (int i = 0; i < 4; ++i)
    EXPECT_FALSE(window.on_dead(f.now, policy));
  // One delivery more fits into six than into five.
  EXPECT_FALSE(window.on_dead(f.now, policy));
  EXPECT_TRUE(window.on_dead(f.now, policy));
  EXPECT_TRUE(window.is_dead(f.now));
  EXPECT_EQ(window.limit(f.now), 0u);
}

TEST(ConcurrencyWindow, DeathIsProbedByOneWithGrowingPauses) {
  Fixture f;
  f.transport.initial_concurrency = 1;
  RetryPolicy policy(f.queue);
  ConcurrencyWindow window(f.transport);
  EXPECT_TRUE(window.on_dead(f.now, policy));
  EXPECT_EQ(window.dead_until(), f.now + 300s);
  EXPECT_FALSE(window.on_dead(f.now + 1s, policy)) << "a late result is no second death";
  EXPECT_EQ(window.limit(f.now + 299s), 0u);
  EXPECT_EQ(window.limit(f.now + 300s), 1u);
  EXPECT_TRUE(window.on_dead(f.now + 300s, policy));
  EXPECT_EQ(window.dead_until(), f.now + 900s);
  EXPECT_TRUE(window.is_probing(f.now + 900s));
  window.on_good(1);
  EXPECT_FALSE(window.is_probing(f.now + 900s));
}

TEST(ConcurrencyWindow, ALimitOfNoCohortsNeverKills) {
  Fixture f;
  f.transport.failed_cohort_limit = 0;
  RetryPolicy policy(f.queue);
  ConcurrencyWindow window(f.transport);
  for (int i = 0; i < 1000; ++i)
    EXPECT_FALSE(window.on_dead(f.now, policy));
}

}  // namespace
}  // namespace postern::queue
