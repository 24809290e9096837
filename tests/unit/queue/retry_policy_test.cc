#include "core/queue/retry_policy.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace postern::queue {
namespace {

using namespace std::chrono_literals;

QueueOptions options(double jitter) {
  QueueOptions made;
  made.jitter = jitter;
  made.jitter_seed = 5;
  return made;
}

TEST(RetryPolicy, WithoutJitterTheWaitIsTheAgeBetweenTheLimits) {
  RetryPolicy policy(options(0));
  const std::pair<std::chrono::seconds, std::chrono::seconds> cases[] = {
      {0s, 300s},     {299s, 300s},   {300s, 300s},   {301s, 301s},      {600s, 600s},
      {3999s, 3999s}, {4000s, 4000s}, {4001s, 4000s}, {100'000s, 4000s}, {-5s, 300s}};
  for (const auto& [age, wait] : cases)
    EXPECT_EQ(policy.next_delay(age), wait) << age.count();
}

TEST(RetryPolicy, JitterSpreadsButNeverLeavesTheLimits) {
  RetryPolicy policy(options(0.1));
  for (const auto age : {0s, 300s, 1000s, 4000s, 9000s}) {
    auto low = std::chrono::milliseconds::max();
    auto high = std::chrono::milliseconds::min();
    for (int i = 0; i < 5000; ++i) {
      const auto wait = policy.next_delay(age);
      low = std::min(low, wait);
      high = std::max(high, wait);
    }
    const auto base = std::clamp<std::chrono::milliseconds>(age, 300s, 4000s);
    EXPECT_GE(low, std::max<std::chrono::milliseconds>(300s, base - base / 10));
    EXPECT_LE(high, std::min<std::chrono::milliseconds>(4000s, base + base / 10));
    EXPECT_GT(high - low, base / 20) << "no spread at age " << age.count();
  }
}

TEST(RetryPolicy, TheProbeOfADeadLaneDoublesUpToTheMaximum) {
  RetryPolicy policy(options(0));
  EXPECT_EQ(policy.probe_delay(1), 300s);
  EXPECT_EQ(policy.probe_delay(2), 600s);
  EXPECT_EQ(policy.probe_delay(3), 1200s);
  EXPECT_EQ(policy.probe_delay(5), 4000s);
  EXPECT_EQ(policy.probe_delay(1000), 4000s);
}

TEST(RetryPolicy, ExpiresAtTheLifetimeAndNotBefore) {
  QueueOptions made = options(0);
  made.maximal_queue_lifetime = 1000s;
  made.bounce_queue_lifetime = 100s;
  made.delay_warning_time = 50s;
  const RetryPolicy policy(made);
  EXPECT_FALSE(policy.is_expired(999s, false));
  EXPECT_TRUE(policy.is_expired(1000s, false));
  EXPECT_FALSE(policy.is_expired(99s, true));
  EXPECT_TRUE(policy.is_expired(100s, true));
  EXPECT_FALSE(policy.is_warning_due(49s));
  EXPECT_TRUE(policy.is_warning_due(50s));
  EXPECT_FALSE(RetryPolicy(options(0)).is_warning_due(1000h)) << "0 switches warnings off";
}

TEST(RetryPolicy, CrossedLimitsGiveTheLargerOne) {
  QueueOptions made = options(0.5);
  made.minimal_backoff_time = 500s;
  made.maximal_backoff_time = 100s;
  RetryPolicy policy(made);
  EXPECT_EQ(policy.next_delay(0s), 500s);
  EXPECT_EQ(policy.next_delay(9999s), 500s);
}

}  // namespace
}  // namespace postern::queue
