// The server's sink over a real store whose file system fails on demand.
#include "core/engine/spool_sink.h"

#include <future>

#include "core/base/log.h"
#include "core/config/loader.h"
#include "core/engine/directory_router.h"
#include "core/engine/expand_recipients.h"
#include "core/engine/options/directory.h"
#include "core/engine/rejections.h"
#include "core/engine/spool_notifier.h"
#include "core/spool/failing_fs.h"
#include "tests/support/manual_executor.h"
#include "tests/support/temp_dir.h"

namespace postern::engine {
namespace {

using testing::ManualExecutor;

// Nothing is delivered: what the queue was given can be seen in its counts.
class NoRunner final : public queue::AttemptRunner {
 public:
  void run(mail::Attempt, queue::AttemptDone) override {}
};

class Sink : public ::testing::Test {
 protected:
  Sink() {
    log::Options quiet;
    quiet.file = "/dev/null";
    EXPECT_TRUE(log::configure(quiet).has_value());
    reload({});
    spool::StoreOptions options;
    options.directory = directory / "spool";
    options.durability = spool::Durability::kProcess;
    store = spool::Store::open(fs, options).value();
    gate = std::make_unique<AdmissionGate>(*store, fs, options.directory);
    intake = std::make_unique<Intake>(*store, policy, pool);
    notifier = std::make_unique<SpoolNotifier>(*intake, policy, pool);
    router = std::make_unique<DirectoryRouter>(policy, pool);
    queue = std::make_unique<queue::Queue>(
        queue::QueueOptions{},
        queue::Collaborators{*store, runner, *router, *notifier, executor, executor});
    intake->attach(*queue, *notifier);
    sink = std::make_unique<SpoolSink>(*intake, *gate);
  }
  ~Sink() override {
    pool.stop();
    store->close();
  }

  void reload(const std::string& main_cf) {
    const auto loaded =
        config::load_texts("compatibility_level=3.9\nmyhostname=mx.test\n" + main_cf, std::nullopt,
                           config::Environment::system());
    ASSERT_TRUE(loaded.settings.has_value()) << loaded.diagnostics.describe();
    auto made = make_mail_policy(*loaded.settings, {});
    ASSERT_TRUE(made.has_value()) << made.error().describe();
    policy.set(*made);
  }

  using Outcome = std::expected<spool::CommitToken, mail::Rejection>;
  Outcome commit(server::IncomingMessage& message, std::vector<mail::Recipient> recipients) {
    mail::Envelope envelope;
    envelope.reverse_path = mail::Mailbox("a", "far.test");
    envelope.recipients = std::move(recipients);
    std::promise<Outcome> answer;
    message.commit(std::move(envelope),
                   [&](Outcome outcome) { answer.set_value(std::move(outcome)); });
    return answer.get_future().get();
  }
  static mail::Recipient to(const std::string& local_part) {
    return {mail::Mailbox(local_part, "mx.test"), local_part + "@mx.test", "", {}};
  }
  std::uint64_t queued() {
    executor.run_ready();
    std::optional<queue::QueueCounts> out;
    queue->counts([&](queue::QueueCounts counts) { out = counts; });
    executor.run_ready();
    return out ? out->waiting + out->active + out->held : 0;
  }

  testing::TempDir directory;
  ManualClock clock;
  ManualExecutor executor{clock};
  spool::FailingFs fs{spool::FileSystem::posix()};
  net::BlockingPool pool{1};
  Current<MailPolicy> policy;
  std::unique_ptr<spool::Store> store;
  std::unique_ptr<AdmissionGate> gate;
  std::unique_ptr<Intake> intake;
  std::unique_ptr<SpoolNotifier> notifier;
  std::unique_ptr<DirectoryRouter> router;
  NoRunner runner;
  std::unique_ptr<queue::Queue> queue;
  std::unique_ptr<SpoolSink> sink;
};

TEST_F(Sink, CommitsAndGivesTheQueueWhatIsDurable) {
  const auto message = sink->begin();
  ASSERT_TRUE(message->append("Subject: x\r\n\r\n").has_value());
  ASSERT_TRUE(message->append("body\r\n").has_value());
  EXPECT_EQ(message->size(), 20u);
  EXPECT_EQ(queued(), 0u);
  const auto outcome = commit(*message, {to("joe")});
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->id(), message->id());
  EXPECT_EQ(queued(), 1u);
  const auto stored = store->read(message->id());
  ASSERT_TRUE(stored.has_value());
  EXPECT_EQ(stored->content->in_memory(), "Subject: x\r\n\r\nbody\r\n");
}

TEST_F(Sink, DroppedMessageLeavesNothing) {
  sink->begin();
  {
    const auto message = sink->begin();
    ASSERT_TRUE(message->append("half").has_value());
  }
  EXPECT_EQ(queued(), 0u);
}

TEST_F(Sink, Row193FullDiskIs452) {
  const auto message = sink->begin();
  ASSERT_TRUE(message->append("x\r\n").has_value());
  fs.fail_all(spool::FsCall::kWrite, ENOSPC);
  const auto outcome = commit(*message, {to("joe")});
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().reply.to_log(), "452 4.3.1 Insufficient system storage");
  EXPECT_EQ(queued(), 0u);
  fs.fail_all(std::nullopt);
}

TEST_F(Sink, FailedWriteIs451) {
  const auto message = sink->begin();
  ASSERT_TRUE(message->append("x\r\n").has_value());
  fs.fail_all(spool::FsCall::kWrite, EIO);
  const auto outcome = commit(*message, {to("joe")});
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().reply.to_log(), "451 4.3.0 Error: queue file write error");
  EXPECT_EQ(queued(), 0u);
  // No segment can be opened: the gate is shut until one can.
  const auto refusal = sink->admission(0);
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->reply.code(), 451);
  fs.fail_all(std::nullopt);
}

TEST_F(Sink, ExpandsAliasesBeforeItCommits) {
  reload("virtual_alias_maps = inline:{ { joe@mx.test = ann@far.test bob@far.test } }");
  const auto message = sink->begin();
  const auto outcome = commit(*message, {to("joe")});
  ASSERT_TRUE(outcome.has_value());
  const auto stored = store->read(message->id());
  ASSERT_TRUE(stored.has_value());
  ASSERT_EQ(stored->envelope.recipients.size(), 2u);
  EXPECT_EQ(stored->envelope.recipients[0].forward_path.to_wire(), "ann@far.test");
  EXPECT_EQ(stored->envelope.recipients[0].original_recipient, "joe@mx.test");
}

TEST_F(Sink, AliasThatIsTooLargeIs451) {
  reload(
      "virtual_alias_maps = inline:{ { joe@mx.test = a@x.test b@x.test c@x.test } }\n"
      "virtual_alias_expansion_limit = 2");
  const auto message = sink->begin();
  const auto outcome = commit(*message, {to("joe")});
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().reply.code(), 451);
  EXPECT_EQ(queued(), 0u);
}

TEST_F(Sink, SameAddressTwiceIsOneRecipient) {
  const auto message = sink->begin();
  ASSERT_TRUE(commit(*message, {to("joe"), to("joe"), to("ann")}).has_value());
  EXPECT_EQ(store->read(message->id())->envelope.recipients.size(), 2u);
}

TEST_F(Sink, GateLimitsAtTheirEdges) {
  gate->set_limits({{}, 0, 10});
  gate->set_queued(9);
  EXPECT_FALSE(gate->judge(0).has_value());
  for (const std::uint64_t count : {10u, 11u, 10'000u}) {
    gate->set_queued(count);
    ASSERT_TRUE(gate->judge(0).has_value()) << count;
    EXPECT_EQ(gate->judge(0)->reply.code(), 452);
  }
  gate->set_queued(0);
  gate->refresh();
  spool::SpaceInfo space;
  ASSERT_EQ(fs.space(directory.path(), space), 0);
  EXPECT_FALSE(gate->judge(space.free_octets / 2).has_value());
  EXPECT_TRUE(gate->judge(space.free_octets * 2).has_value());
  gate->set_limits({{space.free_octets * 2}, 0, 0});
  EXPECT_TRUE(gate->judge(0).has_value());
}

TEST_F(Sink, ReportBecomesAMessageOfItsOwn) {
  queue::Report report;
  report.kind = queue::Report::Kind::kFailure;
  report.id = store->next_id();
  auto envelope = std::make_shared<mail::Envelope>();
  envelope->reverse_path = mail::Mailbox("a", "far.test");
  envelope->recipients.push_back(to("joe"));
  report.envelope = envelope;
  report.content = std::make_shared<mail::MemoryContent>("Subject: lost\r\n\r\nbody\r\n");
  queue::ReportEntry& entry = report.entries.emplace_back();
  entry.progress.status = "5.1.1";
  entry.progress.diagnostic = "unknown user";
  entry.is_dsn_due = true;
  std::promise<Result<void>> answer;
  notifier->report(report, [&](Result<void> result) { answer.set_value(std::move(result)); });
  ASSERT_TRUE(answer.get_future().get().has_value());
  EXPECT_EQ(queued(), 1u);

  // The disk fails: the queue must hear of it, so that it tries again.
  fs.fail_all(spool::FsCall::kWrite, EIO);
  std::promise<Result<void>> failed;
  notifier->report(report, [&](Result<void> result) { failed.set_value(std::move(result)); });
  EXPECT_FALSE(failed.get_future().get().has_value());
  EXPECT_EQ(queued(), 1u);
  fs.fail_all(std::nullopt);
}

TEST_F(Sink, InjectionAndForwardAreCopiesWithOurReceived) {
  queue::Injection injection;
  injection.parent = store->next_id();
  injection.envelope.recipients.push_back(to("ann"));
  injection.content = std::make_shared<mail::MemoryContent>("Subject: x\r\n\r\nbody\r\n");
  std::promise<Result<QueueId>> answer;
  notifier->inject(injection, [&](Result<QueueId> result) { answer.set_value(result); });
  const auto id = answer.get_future().get();
  ASSERT_TRUE(id.has_value());
  auto stored = store->read(*id);
  ASSERT_TRUE(stored.has_value());
  EXPECT_EQ(stored->envelope.origin, mail::Origin::kForwarded);
  const std::string_view octets = stored->content->in_memory();
  EXPECT_TRUE(octets.starts_with("Received: by mx.test (Postfix)\r\n\tid " + id->to_string()));
  EXPECT_TRUE(octets.ends_with("Subject: x\r\n\r\nbody\r\n"));

  delivery::Forwarding forwarding{injection.parent, injection.envelope, "Delivered-To: joe\n",
                                  injection.content};
  const auto forwarded = notifier->forward(std::move(forwarding));
  ASSERT_TRUE(forwarded.has_value());
  stored = store->read(*forwarded);
  ASSERT_TRUE(stored.has_value());
  EXPECT_NE(stored->content->in_memory().find("\r\nDelivered-To: joe\r\nSubject: x"),
            std::string_view::npos);
}

TEST(Rejections, EachErrorHasItsReply) {
  EXPECT_EQ(rejection_of({ErrorKind::kNoSpace, "x", 0}).reply.code(), 452);
  EXPECT_EQ(rejection_of({ErrorKind::kIo, "x", 0}).reply.code(), 451);
  for (const auto kind : {ErrorKind::kInvalid, ErrorKind::kLimit, ErrorKind::kUnavailable,
                          ErrorKind::kTimeout, ErrorKind::kClosed, ErrorKind::kCorrupt}) {
    const auto rejection = rejection_of({kind, "secret cause", 0});
    EXPECT_TRUE(rejection.reply.is_transient_failure());
    EXPECT_EQ(rejection.reply.to_log().find("secret"), std::string::npos);
    EXPECT_NE(rejection.private_cause.find("secret"), std::string::npos);
  }
}

TEST(Routing, TablesThatMayBlockAreKnown) {
  const auto settings = [](const std::string& main_cf) {
    return config::load_texts("compatibility_level=3.9\n" + main_cf, std::nullopt,
                              config::Environment::system())
        .tolerant;
  };
  EXPECT_FALSE(routing_may_block(settings("mydestination = a.test, !b.test, inline:{ x=y }")));
  EXPECT_FALSE(routing_may_block(settings("transport_maps = hash:/x, regexp:/y")));
  EXPECT_TRUE(routing_may_block(settings("transport_maps = lmdb:/x")));
  EXPECT_TRUE(routing_may_block(settings("relay_domains = !proxy:unix:passwd.byname")));
  EXPECT_FALSE(expansion_may_block(settings("virtual_alias_maps = texthash:/x")));
  EXPECT_TRUE(expansion_may_block(settings("virtual_alias_maps = lmdb:/x")));
}

}  // namespace
}  // namespace postern::engine
