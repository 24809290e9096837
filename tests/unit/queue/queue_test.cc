// The ordinary ways of a message through the queue.
#include "tests/unit/queue/site.h"

namespace postern::queue {
namespace {

TEST(Queue, DeliversAndRemoves) {
  Site site;
  const QueueId id = site.submit({"a@one.example"});
  site.executor.run_ready();
  EXPECT_EQ(site.attempts_of(id), 1u);
  EXPECT_FALSE(site.store.has(id));
  EXPECT_EQ(site.queued(), 0u);
  EXPECT_TRUE(site.notifier.reports.empty());
  EXPECT_EQ(site.store.records, 1u) << "one durable step for the common case";
}

TEST(Queue, RecipientsOfOneSiteShareTransactionsUpToTheLimit) {
  for (const unsigned count : {49u, 50u, 51u, 500u}) {
    Site site;
    std::vector<std::string> to;
    for (unsigned i = 0; i < count; ++i)
      to.push_back("u" + std::to_string(i) + "@one.example");
    site.submit(to);
    site.executor.run_ready();
    EXPECT_EQ(site.runner.seen.size(), (count + 49) / 50);
    for (const auto& attempt : site.runner.seen)
      EXPECT_LE(attempt.recipients.size(), 50u);
    EXPECT_EQ(site.runner.delivered.size(), count);
    EXPECT_EQ(site.queued(), 0u);
  }
}

TEST(Queue, DeferredRecipientsComeBackAndDeliveredOnesDoNot) {
  Site site;
  site.runner.decide = [](const mail::Attempt& attempt) {
    return attempt.lane.site == "slow.example"
               ? ScriptedRunner::deferred(attempt)
               : ScriptedRunner::all(attempt, mail::Outcome::kDelivered, "2.0.0", "250 ok");
  };
  const QueueId id = site.submit({"a@one.example", "b@slow.example"});
  site.executor.run_ready();
  ASSERT_NE(site.entry(id), nullptr);
  EXPECT_EQ(site.entry(id)->state, MessageState::kWaiting);
  EXPECT_EQ(site.entry(id)->pending, 1u);
  EXPECT_EQ(site.entry(id)->attempts, 1u);
  EXPECT_GE(site.due_in(id), 300s);
  EXPECT_LE(site.due_in(id), 330s);
  const auto& state = site.store.at(id).state;
  EXPECT_EQ(state.recipients[0].state, spool::RecipientState::kDelivered);
  EXPECT_EQ(state.recipients[1].state, spool::RecipientState::kPending);
  EXPECT_EQ(state.recipients[1].status, "4.2.0");
  EXPECT_EQ(state.attempts, 1u);
  EXPECT_EQ(to_ms(state.next_attempt), site.entry(id)->due_ms);

  site.runner.decide = [](const mail::Attempt& attempt) {
    return ScriptedRunner::all(attempt, mail::Outcome::kDelivered, "2.0.0", "250 ok");
  };
  site.executor.run_for(331s);
  EXPECT_EQ(site.queued(), 0u);
  EXPECT_EQ(site.runner.delivered.size(), 2u);
  for (const auto& [recipient, times] : site.runner.delivered)
    EXPECT_EQ(times, 1u);
}

TEST(Queue, BackOffGrowsWithAgeUpToTheMaximum) {
  Site site;
  site.runner.decide = ScriptedRunner::deferred;
  const QueueId id = site.submit({"a@one.example"});
  site.executor.run_for(24h);
  ASSERT_GE(site.runner.seen.size(), 20u);
  for (std::size_t i = 1; i < site.runner.seen.size(); ++i) {
    const auto gap = site.runner.seen[i].at - site.runner.seen[i - 1].at;
    EXPECT_GE(gap, 300s);
    EXPECT_LE(gap, 4001s);
  }
  EXPECT_EQ(site.entry(id)->attempts, site.runner.seen.size());
}

TEST(Queue, FailureIsReportedBeforeTheMessageGoes) {
  Site site;
  site.runner.decide = ScriptedRunner::failed;
  const QueueId id = site.submit({"a@one.example", "b@one.example"});
  site.executor.run_ready();
  ASSERT_EQ(site.notifier.reports.size(), 1u);
  const Report& report = site.notifier.reports[0];
  EXPECT_EQ(report.kind, Report::Kind::kFailure);
  EXPECT_EQ(report.id, id);
  ASSERT_EQ(report.entries.size(), 2u);
  EXPECT_TRUE(report.entries[0].is_dsn_due);
  EXPECT_FALSE(report.entries[0].is_expired);
  EXPECT_EQ(report.entries[0].progress.status, "5.1.1");
  EXPECT_FALSE(site.store.has(id));
}

TEST(Queue, AFailureWhoseReportCannotBeQueuedIsTriedAgain) {
  Site site;
  site.runner.decide = ScriptedRunner::failed;
  site.notifier.failing = 1;
  const QueueId id = site.submit({"a@one.example"});
  site.executor.run_ready();
  EXPECT_TRUE(site.store.has(id));
  EXPECT_EQ(site.store.at(id).state.recipients[0].state, spool::RecipientState::kPending);
  site.executor.run_for(331s);
  EXPECT_FALSE(site.store.has(id));
  EXPECT_EQ(site.notifier.reports.size(), 1u);
}

TEST(Queue, Row178NoDsnForTheNullReversePath) {
  Site site;
  site.runner.decide = ScriptedRunner::failed;
  site.submit({"a@one.example"}, "");
  site.executor.run_ready();
  ASSERT_EQ(site.notifier.reports.size(), 1u) << "for postmaster notices";
  EXPECT_FALSE(site.notifier.reports[0].entries[0].is_dsn_due);
  EXPECT_EQ(site.queued(), 0u);
}

TEST(Queue, NotifyIsHonoured) {
  Site site;
  const auto submit = [&](mail::DsnNotify notify) {
    site.notifier.reports.clear();
    site.submit({"a@one.example"}, "author@home.example", notify);
    site.executor.run_ready();
    EXPECT_EQ(site.queued(), 0u);
    return site.notifier.reports;
  };
  EXPECT_TRUE(submit(mail::DsnNotify::kUnspecified).empty());
  EXPECT_TRUE(submit(mail::DsnNotify::kFailure | mail::DsnNotify::kDelay).empty());
  const auto success = submit(mail::DsnNotify::kSuccess);
  ASSERT_EQ(success.size(), 1u);
  EXPECT_EQ(success[0].kind, Report::Kind::kSuccess);
  EXPECT_EQ(success[0].entries[0].action, ReportEntry::Action::kDelivered);

  site.runner.decide = ScriptedRunner::failed;
  EXPECT_TRUE(submit(mail::DsnNotify::kFailure)[0].entries[0].is_dsn_due);
  EXPECT_FALSE(submit(mail::DsnNotify::kNever)[0].entries[0].is_dsn_due);
  EXPECT_FALSE(submit(mail::DsnNotify::kSuccess)[0].entries[0].is_dsn_due);

  site.runner.decide = [](const mail::Attempt& attempt) {
    auto result = ScriptedRunner::all(attempt, mail::Outcome::kDelivered, "2.0.0", "250 ok");
    result.recipients[0].relayed_without_dsn = true;
    return result;
  };
  EXPECT_EQ(submit(mail::DsnNotify::kSuccess)[0].entries[0].action, ReportEntry::Action::kRelayed);
}

TEST(Queue, SoftBounceTurnsFailureIntoDeferral) {
  QueueOptions options = test_options();
  options.soft_bounce = true;
  Site site(options);
  site.runner.decide = ScriptedRunner::failed;
  const QueueId id = site.submit({"a@one.example"});
  site.executor.run_ready();
  ASSERT_TRUE(site.store.has(id));
  EXPECT_EQ(site.store.at(id).state.recipients[0].status, "4.1.1");
  EXPECT_TRUE(site.notifier.reports.empty());
}

TEST(Queue, ExpiresAfterItsLifetimeWithOneReport) {
  Site site;
  site.runner.decide = ScriptedRunner::deferred;
  const QueueId id = site.submit({"a@one.example"});
  site.executor.run_for(5 * 24h - 1s);
  EXPECT_TRUE(site.store.has(id));
  site.executor.run_for(4001s);
  EXPECT_FALSE(site.store.has(id));
  ASSERT_EQ(site.notifier.reports.size(), 1u);
  EXPECT_TRUE(site.notifier.reports[0].entries[0].is_expired);
  EXPECT_EQ(site.notifier.reports[0].entries[0].progress.status, "4.2.0");
}

TEST(Queue, NullReversePathHasItsOwnLifetime) {
  QueueOptions options = test_options();
  options.bounce_queue_lifetime = 3600s;
  Site site(options);
  site.runner.decide = ScriptedRunner::deferred;
  const QueueId bounce = site.submit({"a@one.example"}, "");
  const QueueId other = site.submit({"a@one.example"});
  site.executor.run_for(3600s + 4001s);
  EXPECT_FALSE(site.store.has(bounce));
  EXPECT_TRUE(site.store.has(other));
}

TEST(Queue, WarnsOfDelayOnce) {
  QueueOptions options = test_options();
  options.delay_warning_time = 4h;
  Site site(options);
  site.runner.decide = ScriptedRunner::deferred;
  const QueueId id = site.submit({"a@one.example"});
  const QueueId unwanted =
      site.submit({"a@one.example"}, "author@home.example", mail::DsnNotify::kFailure);
  site.executor.run_for(4h - 1s);
  EXPECT_EQ(site.notifier.count(Report::Kind::kDelay), 0u);
  site.executor.run_for(4001s);
  ASSERT_EQ(site.notifier.count(Report::Kind::kDelay), 1u);
  EXPECT_EQ(site.notifier.reports[0].id, id);
  EXPECT_EQ(site.notifier.reports[0].retry_until - site.notifier.reports[0].arrival, 5 * 24h);
  EXPECT_TRUE(site.store.at(id).state.delay_warned);
  EXPECT_FALSE(site.store.at(unwanted).state.delay_warned);
  site.restart();
  site.executor.run_for(24h);
  EXPECT_EQ(site.notifier.count(Report::Kind::kDelay), 1u);
}

TEST(Queue, RouterErrorsDeferOrFail) {
  Site site;
  site.router.errors = {{"servfail.example", ErrorKind::kUnavailable},
                        {"none.example", ErrorKind::kNotFound}};
  const QueueId id = site.submit({"a@servfail.example", "b@none.example"});
  site.executor.run_ready();
  EXPECT_TRUE(site.runner.seen.empty());
  EXPECT_EQ(site.store.at(id).state.recipients[0].status, "4.3.0");
  EXPECT_EQ(site.store.at(id).state.recipients[1].state, spool::RecipientState::kFailed);
  EXPECT_EQ(site.notifier.reports.size(), 1u);
}

TEST(Queue, TakesRoutesThatComeLater) {
  Site site;
  site.router.executor = &site.executor;
  site.submit({"a@one.example", "b@two.example"});
  site.executor.run_ready();
  EXPECT_EQ(site.runner.delivered.size(), 2u);
  EXPECT_EQ(site.queued(), 0u);
}

TEST(Queue, ExpansionInjectsEachNewRecipientOnce) {
  Site site;
  site.runner.decide = [](const mail::Attempt& attempt) {
    if (attempt.lane.site != "list.example")
      return ScriptedRunner::all(attempt, mail::Outcome::kDelivered, "2.0.0", "250 ok");
    auto result = ScriptedRunner::all(attempt, mail::Outcome::kExpanded, "2.0.0", "expanded");
    for (const char* to : {"x@a.example", "x@A.example", "y@b.example", "direct@one.example"})
      result.recipients[0].expanded.push_back({address(to), "l@list.example", "", {}});
    return result;
  };
  const QueueId id = site.submit({"l@list.example", "direct@one.example"});
  site.executor.run_ready();
  ASSERT_EQ(site.notifier.injections.size(), 1u);
  EXPECT_EQ(site.notifier.injections[0].parent, id);
  EXPECT_EQ(site.notifier.injections[0].envelope.recipients.size(), 2u);
  EXPECT_EQ(site.notifier.injections[0].envelope.origin, mail::Origin::kForwarded);
  EXPECT_FALSE(site.store.has(id));
}

TEST(Queue, AnExpansionThatCannotBeQueuedIsDeferred) {
  Site site;
  site.notifier.failing = 1;
  site.runner.decide = [](const mail::Attempt& attempt) {
    auto result = ScriptedRunner::all(attempt, mail::Outcome::kExpanded, "2.0.0", "expanded");
    result.recipients[0].expanded.push_back({address("x@a.example"), "", "", {}});
    return result;
  };
  const QueueId id = site.submit({"l@list.example"});
  site.executor.run_ready();
  ASSERT_TRUE(site.store.has(id));
  EXPECT_EQ(site.store.at(id).state.recipients[0].state, spool::RecipientState::kPending);
  site.executor.run_for(331s);
  EXPECT_FALSE(site.store.has(id));
}

TEST(Queue, ContentOverTheBudgetIsReadAgain) {
  QueueOptions options = test_options();
  options.content_memory = ByteCount{0};
  Site site(options);
  site.runner.decide = ScriptedRunner::failed;  // the report needs it too
  site.submit({"a@one.example"});
  site.executor.run_ready();
  EXPECT_EQ(site.runner.seen.size(), 1u);
  EXPECT_EQ(site.notifier.reports.size(), 1u);
  EXPECT_EQ(site.store.reads, 2u);
}

TEST(Queue, TheContentBudgetIsExact) {
  constexpr std::uint64_t kSize = 20;  // of Site::submit's content
  for (const std::uint64_t budget : {kSize * 2 - 1, kSize * 2, kSize * 2 + 1}) {
    QueueOptions options = test_options();
    options.content_memory = ByteCount{budget};
    Site site(options);
    site.runner.latency = 10s;
    for (int i = 0; i < 3; ++i)
      site.submit({"a@one.example"});
    site.executor.run_ready();
    EXPECT_EQ(site.queue->scheduler().counts().content_bytes, budget / kSize * kSize);
    site.executor.run_for(11s);
    EXPECT_EQ(site.runner.delivered.size(), 3u);
    EXPECT_EQ(site.queue->scheduler().counts().content_bytes, 0u);
  }
}

TEST(Queue, StopsWhenAttemptsHaveEnded) {
  Site site;
  site.runner.latency = 10s;
  for (int i = 0; i < 50; ++i)
    site.submit({"a@one.example"});
  site.executor.run_ready();
  bool is_stopped = false;
  site.queue->stop([&is_stopped] { is_stopped = true; });
  site.executor.run_for(9s);
  EXPECT_FALSE(is_stopped);
  site.executor.run_for(2s);
  EXPECT_TRUE(is_stopped);
  EXPECT_EQ(site.runner.delivered.size(), 5u);
  EXPECT_EQ(site.store.size(), 45u);
  site.restart();
  site.executor.run_for(1h);
  EXPECT_EQ(site.runner.delivered.size(), 50u);
}

}  // namespace
}  // namespace postern::queue
