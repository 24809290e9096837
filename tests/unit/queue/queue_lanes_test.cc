// Concurrency, fairness, dead destinations, the active window.
#include "tests/unit/queue/site.h"

namespace postern::queue {
namespace {

std::vector<std::string> recipients(std::size_t count, const std::string& domain) {
  std::vector<std::string> to;
  for (std::size_t i = 0; i < count; ++i)
    to.push_back("u" + std::to_string(i) + "@" + domain);
  return to;
}

// The share `p` of the values is at most the result.
std::chrono::nanoseconds percentile(std::vector<std::chrono::nanoseconds> values, double p) {
  std::ranges::sort(values);
  return values.at(static_cast<std::size_t>(p * static_cast<double>(values.size() - 1)));
}

TEST(QueueLanes, ASmallJobIsNotStuckBehindALargeOne) {
  Site site;
  site.options.default_transport.concurrency_limit = 1;
  site.restart();
  site.runner.latency = 1s;
  site.submit(recipients(5000, "one.example"));  // a hundred transactions
  site.executor.run_for(10s);
  const QueueId small = site.submit({"x@one.example"});
  site.executor.run_for(3s);
  EXPECT_EQ(site.attempts_of(small), 1u);
  EXPECT_FALSE(site.store.has(small));
}

TEST(QueueLanes, ConcurrencyNeverExceedsItsLimits) {
  for (const unsigned limit : {1u, 2u, 7u, 20u}) {
    Site site;
    site.options.default_transport.concurrency_limit = limit;
    site.options.default_transport.process_limit = 30;
    site.restart();
    site.runner.latency = 1s;
    for (int i = 0; i < 300; ++i) {
      site.submit({"a@one.example"});
      site.submit({"a@two.example"});
    }
    site.executor.run_for(600s);
    EXPECT_EQ(site.runner.peak["one.example"],
              limit == 20 ? site.runner.peak["one.example"] : limit);
    EXPECT_LE(site.runner.peak["one.example"], limit);
    EXPECT_LE(site.runner.peak["one.example"] + site.runner.peak["two.example"], 40u);
    EXPECT_EQ(site.queued(), 0u);
  }
}

TEST(QueueLanes, TheProcessLimitIsExactAndSharedFairly) {
  Site site;
  site.options.default_transport.process_limit = 10;
  site.restart();
  site.runner.latency = 1s;
  for (int i = 0; i < 200; ++i)
    for (const char* domain : {"a@1.example", "a@2.example", "a@3.example", "a@4.example"})
      site.submit({domain});
  for (int i = 0; i < 50; ++i) {
    site.executor.run_for(500ms);
    EXPECT_LE(site.queue->scheduler().counts().attempts, 10u);
  }
  EXPECT_EQ(site.queue->scheduler().counts().attempts, 10u) << "and it is used";
  std::map<std::string, int> done;
  for (const auto& attempt : site.runner.seen)
    ++done[attempt.lane.site];
  for (const auto& [domain, count] : done)
    EXPECT_NEAR(count, static_cast<int>(site.runner.seen.size()) / 4, 25) << domain;
}

TEST(QueueLanes, ATransportHasItsOwnLimits) {
  Site site;
  TransportOptions local;
  local.concurrency_limit = 2;
  local.recipient_limit = 1;
  site.options.transports["local"] = local;
  site.restart();
  site.router.transport = "local";
  site.runner.latency = 1s;
  site.submit(recipients(10, "one.example"));
  site.executor.run_for(60s);
  EXPECT_EQ(site.runner.seen.size(), 10u);
  EXPECT_EQ(site.runner.peak["one.example"], 2u);
}

TEST(QueueLanes, ARateDelaySpacesStartsAndKillsNothing) {
  Site site;
  site.options.default_transport.rate_delay = 1s;
  site.restart();
  site.runner.latency = 5s;
  for (int i = 0; i < 60; ++i)
    site.submit({"a@one.example"});
  site.executor.run_for(70s);
  ASSERT_EQ(site.runner.seen.size(), 60u);
  for (std::size_t i = 1; i < site.runner.seen.size(); ++i)
    EXPECT_GE(site.runner.seen[i].at - site.runner.seen[i - 1].at, 1s);
  EXPECT_GE(site.runner.peak["one.example"], 4u) << "a rate is not a concurrency of one";
  EXPECT_EQ(site.queued(), 0u);
}

TEST(QueueLanes, ADeadDestinationIsProbedByOneMessage) {
  Site site;
  site.runner.decide = ScriptedRunner::unreachable;
  for (int i = 0; i < 1000; ++i)
    site.submit({"a@dead.example"});
  site.executor.run_ready();
  EXPECT_LE(site.runner.seen.size(), 5u) << "one cohort finds out, the rest is not tried";
  for (const auto& [id, message] : site.store.messages()) {
    const auto& progress = message.state.recipients[0];
    EXPECT_NE(progress.diagnostic.find("Connection refused"), std::string::npos);
    EXPECT_EQ(progress.status, "4.4.1");
  }
  const auto lanes = site.queue->scheduler().lanes();
  ASSERT_EQ(lanes.size(), 1u);
  EXPECT_TRUE(lanes[0].is_dead);
  site.runner.seen.clear();
  site.executor.run_for(24h);
  EXPECT_LE(site.runner.seen.size(), 60u) << "a thousand messages, but one probe at a time";
  EXPECT_GE(site.runner.seen.size(), 18u) << "it goes on trying";

  site.runner.decide = [](const mail::Attempt& attempt) {
    return ScriptedRunner::all(attempt, mail::Outcome::kDelivered, "2.0.0", "250 ok");
  };
  site.executor.run_for(3h);
  EXPECT_EQ(site.queued(), 0u) << "back to life, all delivered";
}

TEST(QueueLanes, ThrottlingSlowsButDoesNotSuspend) {
  Site site;
  site.runner.latency = 1s;
  site.runner.decide = [](const mail::Attempt& attempt) {
    return ScriptedRunner::all(attempt, mail::Outcome::kDeferred, "4.7.0", "421 4.7.0 busy",
                               mail::SiteVerdict::kThrottle);
  };
  for (int i = 0; i < 100; ++i)
    site.submit({"a@one.example"});
  site.executor.run_for(200s);
  EXPECT_EQ(site.runner.seen.size(), 100u) << "each is tried";
  EXPECT_EQ(site.queue->scheduler().lanes()[0].concurrency, 1u);
}

TEST(QueueLanes, Row207ASlowAndADeadDestinationDoNotTouchTheLiveOne) {
  const auto live_latencies = [](bool has_others) {
    QueueOptions options = test_options();
    options.message_active_limit = 2000;  // a tenth of the default, so ten thousand overfill it
    Site site(options);
    site.runner.latency = 10ms;
    site.runner.latency_of = {
        {"slow.example", 3600s}, {"dead.example", 30s}, {"dead2.example", 30s}};
    site.runner.decide = [](const mail::Attempt& attempt) {
      return attempt.lane.site.starts_with("dead")
                 ? ScriptedRunner::unreachable(attempt)
                 : ScriptedRunner::all(attempt, mail::Outcome::kDelivered, "2.0.0", "250 ok");
    };
    if (has_others)
      for (int i = 0; i < 10'000; ++i)
        for (const char* to : {"a@slow.example", "a@dead.example", "a@dead2.example"})
          site.submit({to});
    std::map<QueueId, SteadyTime> submitted;
    for (int i = 0; i < 10'000; ++i) {
      submitted[site.submit({"a@live.example"})] = site.clock.steady();
      site.executor.run_for(1ms);
    }
    site.executor.run_for(60s);
    std::vector<std::chrono::nanoseconds> waits;
    for (const auto& attempt : site.runner.seen)
      if (attempt.lane.site == "live.example") waits.push_back(attempt.at - submitted[attempt.id]);
    EXPECT_EQ(waits.size(), 10'000u);
    site.expect_sound();
    return percentile(waits, 0.99) + 10ms;  // and the transaction itself
  };
  const auto alone = live_latencies(false);
  EXPECT_LE(live_latencies(true), 2 * alone);
}

TEST(QueueLanes, ALaneLeavesHalfOfTheWindowAndIsRefilledFromDisk) {
  QueueOptions options = test_options();
  options.message_active_limit = 100;
  Site site(options);
  site.runner.latency = 1s;
  for (int i = 0; i < 1000; ++i)
    site.submit({"a@one.example"});
  site.executor.run_ready();
  EXPECT_LE(site.queue->scheduler().counts().active, 51u);
  EXPECT_GE(site.queue->scheduler().counts().active, 49u);
  // Twenty a second from then on, without waiting for the back-off of what was turned away.
  site.executor.run_for(60s);
  EXPECT_EQ(site.queued(), 0u);
}

TEST(QueueLanes, TheWindowsMessageLimitIsExact) {
  for (const unsigned count : {9u, 10u, 11u, 10'000u}) {
    QueueOptions options = test_options();
    options.message_active_limit = 10;
    Site site(options);
    site.runner.latency = 1s;
    for (unsigned i = 0; i < count; ++i)
      site.submit({"a@" + std::to_string(i) + ".example"});
    site.executor.run_ready();
    EXPECT_EQ(site.queue->scheduler().counts().active, std::min(count, 10u));
    site.expect_sound();
  }
}

TEST(QueueLanes, TheWindowsRecipientLimitLetsTheMessageInThatCrossesIt) {
  for (const unsigned first : {99u, 100u, 101u}) {
    QueueOptions options = test_options();
    options.recipient_active_limit = 100;
    Site site(options);
    site.runner.latency = 1s;
    site.submit(recipients(first, "one.example"));
    const QueueId second = site.submit(recipients(10, "two.example"));
    site.executor.run_ready();
    EXPECT_EQ(site.attempts_of(second), first < 100 ? 1u : 0u);
    site.executor.run_for(10s);
    EXPECT_EQ(site.queued(), 0u);
  }
}

TEST(QueueLanes, ReadsFromDiskAreBounded) {
  QueueOptions options = test_options();
  options.read_concurrency = 4;
  Site site(options);
  site.runner.decide = ScriptedRunner::deferred;
  for (int i = 0; i < 500; ++i)
    site.submit({"a@" + std::to_string(i) + ".example"});
  site.executor.run_for(2h);
  for (int i = 0; i < 500; ++i)
    EXPECT_GE(site.runner.seen.size(), 1000u);
  site.expect_sound();
}

TEST(QueueLanes, IdleLanesAreForgotten) {
  QueueOptions options = test_options();
  options.lane_limit = 10;
  Site site(options);
  for (int i = 0; i < 1000; ++i)
    site.submit({"a@" + std::to_string(i) + ".example"});
  site.executor.run_ready();
  site.executor.run_for(600s);
  EXPECT_LE(site.queue->scheduler().counts().lanes, 10u);
}

}  // namespace
}  // namespace postern::queue
