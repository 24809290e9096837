// Rows of the reliability catalogue that are the queue's to keep.
#include "tests/unit/queue/site.h"

namespace postern::queue {
namespace {

TEST(QueueReliability, Row198KillBetweenRemote250AndRemovalDeliversOnceMoreUnderTheSameId) {
  Site site;
  site.store.record_latency = 10s;
  const QueueId id = site.submit({"a@one.example"});
  site.executor.run_ready();
  ASSERT_EQ(site.attempts_of(id), 1u);
  ASSERT_EQ(site.store.at(id).state.recipients[0].state, spool::RecipientState::kPending);
  // The record never reaches the disk.
  const spool::StoredMessage on_disk = site.store.at(id);
  site.queue.reset();
  site.executor.run_for(11s);
  site.store.record_latency = 0s;
  site.store.put(id, std::make_shared<mail::Envelope>(on_disk.envelope), on_disk.content,
                 on_disk.state);
  site.restart();
  site.executor.run_for(1h);
  EXPECT_EQ(site.attempts_of(id), 2u) << "one redelivery, and no more";
  EXPECT_FALSE(site.store.has(id));
  site.restart();
  site.executor.run_for(24h);
  EXPECT_EQ(site.attempts_of(id), 2u);
}

TEST(QueueReliability, Row198DeliveredRecipientsAreOnDiskWhileOthersStillRun) {
  Site site;
  site.runner.latency_of["slow.example"] = 600s;
  const QueueId id = site.submit({"a@one.example", "b@slow.example"});
  site.executor.run_ready();
  EXPECT_EQ(site.store.at(id).state.recipients[0].state, spool::RecipientState::kDelivered);
  site.queue.reset();  // killed while the slow one runs
  site.executor.run_for(601s);
  site.restart();
  site.executor.run_for(1h);
  EXPECT_EQ((site.runner.delivered[{id, 0}]), 1u);
  EXPECT_FALSE(site.store.has(id));
}

TEST(QueueReliability, Row199AMessageThatBreaksTheRunnerThreeTimesIsSetAsideAndOthersFlow) {
  for (const bool throws : {true, false}) {
    Site site;
    (throws ? site.runner.throws : site.runner.drops) = true;
    const QueueId poison = site.submit({"a@one.example"});
    site.executor.run_ready();
    site.runner.throws = site.runner.drops = false;
    const QueueId good = site.submit({"b@one.example"});
    site.executor.run_ready();
    EXPECT_FALSE(site.store.has(good)) << "the same lane goes on";
    (throws ? site.runner.throws : site.runner.drops) = true;
    site.executor.run_for(24h);
    EXPECT_EQ(site.attempts_of(poison), 3u);
    ASSERT_NE(site.entry(poison), nullptr);
    EXPECT_EQ(site.entry(poison)->state, MessageState::kHeld);
    EXPECT_TRUE(site.store.at(poison).state.held);
    EXPECT_TRUE(site.store.at(poison).state.recipients[0].diagnostic.starts_with("set aside"));
    site.expect_sound();
    site.runner.throws = site.runner.drops = false;
    EXPECT_EQ(site.apply(Verb::kRelease, Selector::by_id(poison)).changed, 1u);
    site.executor.run_ready();
    EXPECT_FALSE(site.store.has(poison));
  }
}

TEST(QueueReliability, Row199ThePoisonLimitIsExact) {
  for (const unsigned faults : {2u, 3u}) {
    Site site;
    site.runner.drops = true;
    const QueueId id = site.submit({"a@one.example"});
    while (site.attempts_of(id) < faults)
      site.executor.run_for(60s);
    site.runner.drops = false;
    site.executor.run_for(2h);
    EXPECT_EQ(site.store.has(id), faults == 3);
  }
}

TEST(QueueReliability, Row199AResultThatLeavesARecipientOutDefersThatOneOnly) {
  Site site;
  site.runner.decide = [](const mail::Attempt& attempt) {
    auto result = ScriptedRunner::all(attempt, mail::Outcome::kDelivered, "2.0.0", "250 ok");
    result.recipients.resize(1);
    result.recipients.push_back(result.recipients[0]);  // twice, and one that was not asked for
    result.recipients.push_back(result.recipients[0]);
    result.recipients.back().recipient = 77;
    return result;
  };
  const QueueId id = site.submit({"a@one.example", "b@one.example"});
  site.executor.run_ready();
  EXPECT_EQ(site.store.at(id).state.recipients[0].state, spool::RecipientState::kDelivered);
  EXPECT_EQ(site.store.at(id).state.recipients[1].state, spool::RecipientState::kPending);
}

TEST(QueueReliability, Row200LoadsOneHundredThousandAndDeliversNewMailMeanwhile) {
  Site site;
  site.runner.decide = ScriptedRunner::deferred;
  auto envelope = std::make_shared<mail::Envelope>();
  envelope->reverse_path = address("a@home.example");
  envelope->recipients.push_back({address("a@one.example"), "", "", {}});
  envelope->arrival = site.clock.wall() - 1h;
  const auto content = std::make_shared<mail::MemoryContent>("x\r\n");
  spool::MessageState state;
  for (int i = 0; i < 100'000; ++i) {
    state.next_attempt = site.clock.wall() + Seconds(600 + i % 3000);
    site.store.put(site.store.next_id(), envelope, content, state);
  }
  site.restart();
  EXPECT_EQ(site.queued(), 100'000u);
  EXPECT_TRUE(site.runner.seen.empty());
  EXPECT_EQ(site.store.reads, 0u) << "deferred mail stays on disk";
  site.runner.decide = [](const mail::Attempt& attempt) {
    return ScriptedRunner::all(attempt, mail::Outcome::kDelivered, "2.0.0", "250 ok");
  };
  const QueueId fresh = site.submit({"b@two.example"});
  site.executor.run_ready();
  EXPECT_FALSE(site.store.has(fresh));
  EXPECT_EQ(site.store.reads, 0u) << "and new mail never leaves memory";
}

TEST(QueueReliability, Row201AClockThatJumpsWhileRunningChangesNothing) {
  for (const auto jump : {10 * 8766h, -24h, -17 * 8766h, 1h, -1h}) {
    Site site;
    site.runner.decide = ScriptedRunner::deferred;
    const QueueId id = site.submit({"a@one.example"});
    site.executor.run_ready();
    const auto before = site.attempts_of(id);
    site.clock.set_wall(site.clock.wall() + jump);
    site.executor.run_for(331s);
    EXPECT_EQ(site.attempts_of(id), before + 1) << "prompt retry";
    EXPECT_TRUE(site.notifier.reports.empty()) << "no mass expiry";
    // What goes to disk is in the new clock's terms.
    EXPECT_GE(site.store.at(id).state.next_attempt - site.clock.wall(), 0s);
    EXPECT_LE(site.store.at(id).state.next_attempt - site.clock.wall(), 4000s);
    site.executor.run_for(5 * 24h + 4001s);
    EXPECT_FALSE(site.store.has(id)) << "the lifetime goes by elapsed time";
  }
}

TEST(QueueReliability, Row201RestartUnderAWrongClockNeitherExpiresNorStalls) {
  for (const auto jump : {10 * 8766h, -24h, -53 * 8766h}) {
    Site site;
    site.runner.decide = ScriptedRunner::deferred;
    const QueueId id = site.submit({"a@one.example"});
    site.executor.run_for(1h);
    const auto before = site.attempts_of(id);
    site.clock.set_wall(site.clock.wall() + jump);
    site.restart();
    site.executor.run_for(4001s);
    EXPECT_GT(site.attempts_of(id), before) << "due times in the future do not stall it";
    EXPECT_TRUE(site.notifier.reports.empty());
    const QueueId fresh = site.submit({"b@two.example"});
    site.executor.run_ready();
    EXPECT_EQ(site.attempts_of(fresh), 1u);
    site.executor.run_for(5 * 24h + 4001s);
    EXPECT_FALSE(site.store.has(id)) << "expiry still comes";
    EXPECT_FALSE(site.store.has(fresh));
  }
}

TEST(QueueReliability, Row203SlowSyncsHoldBackInsteadOfDeliveringTwice) {
  QueueOptions options = test_options();
  options.message_active_limit = 10;
  options.lane_window_share = 1000;
  Site site(options);
  site.store.record_latency = 5s;
  for (int i = 0; i < 50; ++i)
    site.submit({"a@one.example"});
  site.executor.run_ready();
  EXPECT_EQ(site.runner.seen.size(), 10u) << "unrecorded results fill the window";
  EXPECT_EQ(site.store.size(), 50u);
  site.executor.run_for(4s);
  EXPECT_EQ(site.runner.seen.size(), 10u);
  site.executor.run_for(60s);
  EXPECT_EQ(site.runner.seen.size(), 50u);
  for (const auto& [recipient, times] : site.runner.delivered)
    EXPECT_EQ(times, 1u);
  EXPECT_EQ(site.store.size(), 0u);
}

TEST(QueueReliability, Row203ARecordThatFailsIsWrittenAgainAndNothingIsDeliveredTwice) {
  Site site;
  site.store.failing_records = 3;
  const QueueId id = site.submit({"a@one.example"});
  site.executor.run_for(10s);
  EXPECT_TRUE(site.store.has(id));
  EXPECT_EQ(site.attempts_of(id), 1u);
  site.expect_sound();
  site.executor.run_for(30s);
  EXPECT_FALSE(site.store.has(id));
  EXPECT_EQ(site.attempts_of(id), 1u);
}

TEST(QueueReliability, DamagedMessagesAreSetAsideAndUnreadableOnesTriedAgain) {
  Site site;
  site.runner.decide = ScriptedRunner::deferred;
  const QueueId corrupt = site.submit({"a@one.example"});
  const QueueId gone = site.submit({"a@one.example"});
  const QueueId io = site.submit({"a@one.example"});
  site.executor.run_ready();
  site.store.read_errors = {
      {corrupt, ErrorKind::kCorrupt}, {gone, ErrorKind::kNotFound}, {io, ErrorKind::kIo}};
  site.executor.run_for(400s);
  EXPECT_EQ(site.entry(corrupt)->state, MessageState::kHeld);
  EXPECT_EQ(site.entry(gone), nullptr);
  EXPECT_EQ(site.entry(io)->state, MessageState::kWaiting);
  site.store.read_errors.clear();
  site.executor.run_for(400s);
  EXPECT_EQ(site.attempts_of(io), 2u);
  EXPECT_EQ(site.attempts_of(corrupt), 1u);
}

TEST(QueueReliability, TheSweeperEndsAMessageThatNeverGetsItsTurn) {
  QueueOptions options = test_options();
  options.message_active_limit = 1;
  Site site(options);
  site.runner.latency_of["stuck.example"] = 10'000h;  // jams the whole window
  site.submit({"a@stuck.example"});
  const QueueId waiting = site.submit({"b@one.example"});
  site.executor.run_for(5 * 24h + 3 * 4000s);
  EXPECT_EQ(site.attempts_of(waiting), 0u);
  EXPECT_FALSE(site.store.has(waiting));
  ASSERT_EQ(site.notifier.reports.size(), 1u);
  EXPECT_TRUE(site.notifier.reports[0].entries[0].is_expired);
}

}  // namespace
}  // namespace postern::queue
