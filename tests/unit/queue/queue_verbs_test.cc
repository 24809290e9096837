// What operators do to the queue, and what they are shown.
#include "tests/unit/queue/site.h"

namespace postern::queue {
namespace {

// A site where everything is deferred.
struct Deferring : Site {
  Deferring() { runner.decide = ScriptedRunner::deferred; }
  void let_through() {
    runner.decide = [](const mail::Attempt& attempt) {
      return ScriptedRunner::all(attempt, mail::Outcome::kDelivered, "2.0.0", "250 ok");
    };
  }
};

TEST(QueueVerbs, AHeldMessageStaysUntilReleasedAndDoesNotExpire) {
  Deferring site;
  const QueueId id = site.submit({"a@one.example"});
  site.executor.run_ready();
  EXPECT_EQ(site.apply(Verb::kHold, Selector::by_id(id)).changed, 1u);
  EXPECT_TRUE(site.store.at(id).state.held);
  const VerbCount again = site.apply(Verb::kHold, Selector::by_id(id));
  EXPECT_EQ(again.matched, 1u);
  EXPECT_EQ(again.changed, 0u);
  site.executor.run_for(30 * 24h);
  EXPECT_EQ(site.attempts_of(id), 1u);
  EXPECT_TRUE(site.store.has(id));
  site.restart();
  site.executor.run_for(24h);
  EXPECT_EQ(site.attempts_of(id), 1u) << "the spool remembers";
  site.let_through();
  EXPECT_EQ(site.apply(Verb::kRelease, Selector::by_id(id)).changed, 1u);
  EXPECT_FALSE(site.store.has(id));
}

TEST(QueueVerbs, ReleaseIsOnlyForHeldMessages) {
  Deferring site;
  const QueueId id = site.submit({"a@one.example"});
  site.executor.run_ready();
  EXPECT_EQ(site.apply(Verb::kRelease, Selector::by_id(id)).changed, 0u);
  EXPECT_EQ(site.attempts_of(id), 1u);
}

TEST(QueueVerbs, RequeueTriesAtOnceAndCountsAnew) {
  Deferring site;
  const QueueId id = site.submit({"a@one.example"});
  site.executor.run_for(2h);
  ASSERT_GT(site.entry(id)->attempts, 2u);
  EXPECT_EQ(site.apply(Verb::kRequeue, Selector::by_id(id)).changed, 1u);
  EXPECT_EQ(site.entry(id)->attempts, 1u);
  EXPECT_EQ(site.store.at(id).state.attempts, 1u);
}

TEST(QueueVerbs, DeleteRemovesWithoutAReport) {
  Deferring site;
  const QueueId waiting = site.submit({"a@one.example"});
  const QueueId held = site.submit({"b@one.example"});
  site.executor.run_ready();
  site.apply(Verb::kHold, Selector::by_id(held));
  EXPECT_EQ(site.apply(Verb::kDelete, Selector::all()).changed, 2u);
  EXPECT_FALSE(site.store.has(waiting));
  EXPECT_FALSE(site.store.has(held));
  EXPECT_EQ(site.queued(), 0u);
  EXPECT_TRUE(site.notifier.reports.empty());
  EXPECT_EQ(site.apply(Verb::kDelete, Selector::by_id(held)).matched, 0u);
}

TEST(QueueVerbs, ADeleteThatCannotBeRecordedIsNotOne) {
  Deferring site;
  const QueueId id = site.submit({"a@one.example"});
  site.executor.run_ready();
  site.store.failing_records = 1;
  const VerbCount count = site.apply(Verb::kDelete, Selector::by_id(id));
  EXPECT_EQ(count.changed, 0u);
  EXPECT_EQ(count.failed, 1u);
  EXPECT_NE(site.entry(id), nullptr);
  site.executor.run_for(1h);
  EXPECT_GE(site.attempts_of(id), 2u);
}

TEST(QueueVerbs, ExpireReturnsToTheSenderHeldOnesToo) {
  Deferring site;
  const QueueId waiting = site.submit({"a@one.example"});
  const QueueId held = site.submit({"b@one.example"});
  site.executor.run_ready();
  site.apply(Verb::kHold, Selector::by_id(held));
  EXPECT_EQ(site.apply(Verb::kExpire, Selector::all()).changed, 2u);
  site.executor.run_ready();
  EXPECT_FALSE(site.store.has(waiting));
  EXPECT_FALSE(site.store.has(held));
  EXPECT_EQ(site.notifier.count(Report::Kind::kFailure), 2u);
  EXPECT_EQ(site.attempts_of(waiting), 1u);
}

TEST(QueueVerbs, FlushRevivesDeadLanesAndTriesNow) {
  Deferring site;
  site.runner.decide = ScriptedRunner::unreachable;
  for (int i = 0; i < 100; ++i) {
    site.submit({"a@dead.example"});
    site.submit({"a@grave.example"});
  }
  site.executor.run_ready();
  site.let_through();
  const VerbCount count = site.apply(Verb::kFlush, Selector::by_destination("Dead.Example"));
  EXPECT_EQ(count.matched, 100u);
  site.executor.run_ready();
  EXPECT_EQ(site.queued(), 100u) << "the other destination is not touched";
  site.apply(Verb::kFlush, Selector::all());
  site.executor.run_ready();
  EXPECT_EQ(site.queued(), 0u);
}

TEST(QueueVerbs, ADeferredTransportIsTriedOnceForEachFlush) {
  Site site;
  site.options.deferred_transports = {"smtp"};
  site.options.message_active_limit = 4;  // most of a flush has to wait for room
  site.options.lane_window_share = 0.5;
  site.restart();
  site.runner.decide = ScriptedRunner::deferred;
  std::vector<QueueId> all;
  for (int i = 0; i < 50; ++i)
    all.push_back(site.submit({"a@one.example"}));
  site.executor.run_for(2h);
  EXPECT_TRUE(site.runner.seen.empty()) << "retries come round, attempts do not";
  const spool::RecipientProgress& progress = site.store.at(all[0]).state.recipients[0];
  EXPECT_EQ(progress.status, "4.3.2");
  EXPECT_EQ(progress.diagnostic, "deferred transport");

  for (unsigned flushes = 1; flushes <= 2; ++flushes) {
    site.apply(Verb::kFlush, Selector::all());
    site.executor.run_for(2h);
    for (const QueueId id : all)
      EXPECT_EQ(site.attempts_of(id), flushes);
  }
  site.options.deferred_transports.clear();
  site.queue->reconfigure(site.options);
  site.executor.run_for(2h);
  EXPECT_GT(site.attempts_of(all[0]), 2u) << "a reload lets them go";
}

TEST(QueueVerbs, SelectorsFindBySenderRecipientAndDestination) {
  Deferring site;
  site.submit({"a@one.example", "b@two.example"}, "x@home.example");
  site.submit({"c@two.example"}, "y@home.example");
  site.submit({"a@one.example"}, "");
  site.executor.run_ready();
  const auto matched = [&](Selector which) {
    return site.apply(Verb::kFlush, std::move(which)).matched;
  };
  EXPECT_EQ(matched(Selector::by_sender("X@HOME.example")), 1u);
  EXPECT_EQ(matched(Selector::by_sender("<>")), 1u);
  EXPECT_EQ(matched(Selector::by_sender("nobody@home.example")), 0u);
  EXPECT_EQ(matched(Selector::by_recipient("a@one.example")), 2u);
  EXPECT_EQ(matched(Selector::by_destination("two.example")), 2u);
  EXPECT_EQ(matched(Selector::by_destination("wo.example")), 0u);
  EXPECT_EQ(matched(Selector::all()), 3u);
}

TEST(QueueVerbs, OnAMessageUnderDeliveryTheyWaitForItsAttempts) {
  for (const Verb verb : {Verb::kHold, Verb::kDelete, Verb::kExpire}) {
    Deferring site;
    site.runner.latency = 10s;
    std::vector<std::string> to;
    for (int i = 0; i < 600; ++i)
      to.push_back("u" + std::to_string(i) + "@one.example");
    const QueueId id = site.submit(to);
    site.executor.run_ready();
    ASSERT_EQ(site.runner.seen.size(), 5u);
    site.let_through();  // the five in flight arrive
    std::optional<VerbCount> count;
    site.queue->apply(verb, Selector::by_id(id), [&count](VerbCount result) { count = result; });
    site.executor.run_for(9s);
    EXPECT_FALSE(count);
    site.expect_sound();
    site.executor.run_for(2s);
    ASSERT_TRUE(count);
    EXPECT_EQ(count->changed, 1u);
    EXPECT_EQ(site.runner.seen.size(), 5u) << "nothing new started";
    EXPECT_EQ(site.runner.delivered.size(), 250u);
    EXPECT_EQ(site.store.has(id), verb == Verb::kHold);
    EXPECT_EQ(site.notifier.reports.size(), verb == Verb::kExpire ? 1u : 0u);
    if (verb == Verb::kExpire) {
      EXPECT_EQ(site.notifier.reports[0].entries.size(), 350u);
    }
    if (verb != Verb::kHold) continue;
    EXPECT_TRUE(site.store.at(id).state.held);
    site.apply(Verb::kRelease, Selector::by_id(id));
    site.executor.run_for(600s);
    EXPECT_EQ(site.runner.delivered.size(), 600u);
    EXPECT_EQ(site.queued(), 0u);
  }
}

TEST(QueueVerbs, AWishThatComesWhileResultsAreRecordedIsKept) {
  Deferring site;
  site.store.record_latency = 5s;
  const QueueId id = site.submit({"a@one.example"});
  site.executor.run_ready();
  site.store.record_latency = 0s;
  std::optional<VerbCount> count;
  site.queue->apply(Verb::kHold, Selector::by_id(id),
                    [&count](VerbCount result) { count = result; });
  site.executor.run_for(6s);
  ASSERT_TRUE(count);
  EXPECT_EQ(count->changed, 1u);
  EXPECT_EQ(site.entry(id)->state, MessageState::kHeld);
  EXPECT_TRUE(site.store.at(id).state.held);
}

TEST(QueueVerbs, ListShowsEveryMessageOnceAndStopsWhenTold) {
  Deferring site;
  for (int i = 0; i < 1000; ++i)
    site.submit({"a@one.example"});
  site.executor.run_ready();
  std::set<QueueId> shown;
  bool is_done = false;
  site.queue->list(
      Selector::all(),
      [&shown](const MessageView& message) {
        EXPECT_EQ(message.state, MessageState::kWaiting);
        EXPECT_EQ(message.sender, "author@home.example");
        EXPECT_EQ(message.recipients.at(0).progress.status, "4.2.0");
        EXPECT_EQ(message.attempts, 1u);
        return shown.insert(message.id).second;
      },
      [&is_done] { is_done = true; });
  site.executor.run_ready();
  EXPECT_TRUE(is_done);
  EXPECT_EQ(shown.size(), 1000u);

  int seen = 0;
  is_done = false;
  site.queue->list(
      Selector::all(), [&seen](const MessageView&) { return ++seen < 10; },
      [&is_done] { is_done = true; });
  site.executor.run_ready();
  EXPECT_TRUE(is_done);
  EXPECT_EQ(seen, 10);
}

TEST(QueueVerbs, ShowGivesOneMessageOrSaysWhyNot) {
  Deferring site;
  const QueueId id = site.submit({"a@one.example"});
  site.executor.run_ready();
  std::optional<Result<MessageView>> shown;
  site.queue->show(id, [&shown](Result<MessageView> view) { shown = std::move(view); });
  site.executor.run_ready();
  ASSERT_TRUE(shown && shown->has_value());
  EXPECT_EQ((*shown)->recipients[0].recipient.forward_path, address("a@one.example"));
  site.queue->show(QueueId(1), [&shown](Result<MessageView> view) { shown = std::move(view); });
  site.executor.run_ready();
  ASSERT_FALSE(shown->has_value());
  EXPECT_EQ(shown->error().kind, ErrorKind::kNotFound);
}

TEST(QueueVerbs, SummaryCountsByDomainAndAge) {
  Deferring site;
  site.submit({"a@one.example", "b@one.example", "c@Two.example"});
  site.executor.run_for(6min);
  site.submit({"a@one.example"});
  site.executor.run_ready();
  std::optional<Summary> summary;
  site.queue->summarize(Selector::all(), [&summary](Summary made) { summary = std::move(made); });
  site.executor.run_ready();
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->total.total, 2u);
  EXPECT_EQ(summary->domains.at("one.example").total, 2u);
  EXPECT_EQ(summary->domains.at("one.example").by_age[0], 1u);
  EXPECT_EQ(summary->domains.at("one.example").by_age[1], 1u);
  EXPECT_EQ(summary->domains.at("two.example").total, 1u);
}

TEST(QueueVerbs, SummaryBucketsDouble) {
  EXPECT_EQ(Summary::bucket_of(0s), 0u);
  EXPECT_EQ(Summary::bucket_of(-5s), 0u);
  EXPECT_EQ(Summary::bucket_of(299s), 0u);
  EXPECT_EQ(Summary::bucket_of(300s), 1u);
  EXPECT_EQ(Summary::bucket_of(599s), 1u);
  EXPECT_EQ(Summary::bucket_of(1279min), 8u);
  EXPECT_EQ(Summary::bucket_of(1280min), 9u);
  EXPECT_EQ(Summary::bucket_of(100'000h), 9u);
}

TEST(QueueVerbs, SummaryOfManyDomainsIsBounded) {
  Summary summary;
  MessageView message;
  for (std::size_t i = 0; i < Summary::kMaxDomains + 5; ++i) {
    message.recipients = {{{address("a@" + std::to_string(i) + ".example"), "", "", {}}, {}}};
    summary.add(message, WallTime{});
  }
  EXPECT_EQ(summary.domains.size(), Summary::kMaxDomains);
  EXPECT_EQ(summary.other.total, 5u);
}

}  // namespace
}  // namespace postern::queue
