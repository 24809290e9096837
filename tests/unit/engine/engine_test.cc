// The whole engine over real sockets: mail in, mail out, stops and starts in between.
#include "core/engine/engine.h"

#include <thread>

#include "tests/unit/engine/engine_process.h"

namespace postern::engine {
namespace {

using testing::EngineProcess;
using ::testing::HasSubstr;
using testing::Parameters;
using testing::SmtpPeer;
using ::testing::StartsWith;

TEST(Engine, DeliversIntoAMaildir) {
  EngineProcess engine;
  EXPECT_THAT(engine.send("joe@local.test"), StartsWith("250 2.0.0 Ok: queued as "));
  ASSERT_TRUE(engine.wait_for_log("status=sent (delivered to maildir)"));
  ASSERT_TRUE(engine.wait_for_log(": removed"));
  const auto mail = engine.mailbox();
  ASSERT_EQ(mail.size(), 1u);
  EXPECT_THAT(mail[0], HasSubstr("Return-Path: <author@far.test>\n"));
  EXPECT_THAT(mail[0], HasSubstr("Delivered-To: joe@local.test\n"));
  EXPECT_THAT(mail[0], HasSubstr("by mx.local.test (Postfix) with ESMTP id "));
  EXPECT_THAT(mail[0], HasSubstr("\n\nhello\n"));
  EXPECT_EQ(engine.stop(), 0);
}

TEST(Engine, SaysHowDurableItsQueueIs) {
  EngineProcess engine(Parameters{{"queue_durability", "process"}});
  EXPECT_THAT(engine.log(), HasSubstr("queue_durability=process, file system "));
}

TEST(Engine, NeverRunsAsRoot) {
  EngineProcess engine;
  const auto entry = "/proc/" + std::to_string(engine.pid());
  struct stat owner{};
  ASSERT_EQ(::stat(entry.c_str(), &owner), 0);
  EXPECT_NE(owner.st_uid, 0u);
}

TEST(Engine, RelaysToTheNextHop) {
  EngineProcess next;
  EngineProcess first(
      Parameters{{"relayhost", "[127.0.0.1]:" + std::to_string(next.address().port())},
                 {"virtual_mailbox_domains", "none.test"}});
  EXPECT_THAT(first.send("joe@local.test"), StartsWith("250"));
  ASSERT_TRUE(next.wait_for_log("status=sent (delivered to maildir)"));
  ASSERT_EQ(next.mailbox().size(), 1u);
}

// What was acknowledged survives SIGKILL.
TEST(Engine, Row187KeepsAcknowledgedMailOverSigkill) {
  EngineProcess engine(Parameters{{"virtual_transport", "retry:not yet"}});
  for (int i = 0; i < 5; ++i)
    ASSERT_THAT(engine.send("joe@local.test", "number " + std::to_string(i)), StartsWith("250"));
  engine.kill();
  engine.configure();
  engine.start();
  ASSERT_TRUE(engine.wait_for_log("queue loaded: 5 messages"));
  ASSERT_TRUE(engine.wait_for_log_times("status=sent", 5));
  std::string all;
  for (const std::string& each : engine.mailbox())
    all += each;
  for (int i = 0; i < 5; ++i)
    EXPECT_THAT(all, HasSubstr("number " + std::to_string(i)));
}

TEST(Engine, Row197SecondEngineOnTheSameQueueIsRefused) {
  EngineProcess first;
  EngineProcess second;
  second.stop();
  second.configure({{"queue_directory", first.queue_directory()}});
  const pid_t pid = ::fork();
  if (pid == 0) {
    const auto self = std::filesystem::read_symlink("/proc/self/exe");
    const std::string binary = self.parent_path() / "posternd";
    if (std::freopen("/dev/null", "w", stderr) == nullptr) ::_exit(126);
    ::execl(binary.c_str(), "posternd", "-c", second.directory().path().c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 75);  // EX_TEMPFAIL
  EXPECT_THAT(second.log(), HasSubstr("in use by another engine"));
  EXPECT_THAT(first.send("joe@local.test"), StartsWith("250"));
}

TEST(Engine, ExpandsVirtualAliasesBeforeTheCommit) {
  EngineProcess engine(Parameters{
      {"virtual_alias_maps", "inline:{ { both@local.test = joe@local.test ann@local.test } }"}});
  EXPECT_THAT(engine.send("both@local.test"), StartsWith("250"));
  ASSERT_TRUE(engine.wait_for_log("to=<joe@local.test>, orig_to=<both@local.test>"));
  ASSERT_TRUE(engine.wait_for_log("to=<ann@local.test>, orig_to=<both@local.test>"));
  ASSERT_TRUE(engine.wait_for_log(": removed"));
  EXPECT_EQ(engine.mailbox().size(), 2u);
}

TEST(Engine, ReturnsUndeliverableMailToItsSender) {
  EngineProcess next(Parameters{{"virtual_mailbox_domains", "gone.test"},
                                {"virtual_mailbox_maps", "inline:{ else@gone.test=all/ }"}});
  EngineProcess engine(
      Parameters{{"transport_maps", "inline:{ { gone.test = smtp:[127.0.0.1]:" +
                                        std::to_string(next.address().port()) + " } }"}});
  EXPECT_THAT(engine.send("x@gone.test", "hello", "ann@local.test"), StartsWith("250"));
  ASSERT_TRUE(engine.wait_for_log("sender non-delivery notification: "));
  ASSERT_TRUE(engine.wait_for_log("from=<>"));
  ASSERT_TRUE(engine.wait_for_log("status=sent (delivered to maildir)"));
  const auto mail = engine.mailbox();
  ASSERT_EQ(mail.size(), 1u);
  EXPECT_THAT(mail[0], HasSubstr("Return-Path: <>\n"));
  EXPECT_THAT(mail[0], HasSubstr("report-type=delivery-status"));
  EXPECT_THAT(mail[0], HasSubstr("Status: 5.1.1"));
  EXPECT_THAT(mail[0], HasSubstr("by mx.local.test (Postfix)\n\tid "));
}

TEST(Engine, RefusesMailWhenSpaceIsShort) {
  EngineProcess engine(Parameters{{"queue_minfree", "1000000G"}});
  const std::string reply = engine.send("joe@local.test");
  EXPECT_THAT(reply, ::testing::AnyOf(StartsWith("452 4.3.1"), StartsWith("421 4.3.1"),
                                      ::testing::IsEmpty()));
  EXPECT_TRUE(engine.mailbox().empty());
}

// SIGHUP and SIGTERM while mail comes in: every 250 is a message in the mailbox or the queue.
TEST(Engine, Row202SignalsUnderLoadLoseNothing) {
  EngineProcess engine;
  std::atomic<int> accepted{0};
  const auto address = engine.address();
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c)
    clients.emplace_back([&] {
      SmtpPeer peer(address);
      for (int i = 0; i < 200; ++i) {
        const std::string reply =
            EngineProcess::send(peer, "joe@local.test", "load", "a@far.test", i == 0);
        if (!reply.starts_with("250")) break;
        ++accepted;
      }
    });
  EXPECT_TRUE(engine.reload());
  EXPECT_TRUE(engine.reload());
  EXPECT_EQ(engine.stop(), 0);
  for (std::thread& client : clients)
    client.join();
  EXPECT_GT(accepted, 0);
  const std::size_t delivered = engine.mailbox().size();
  engine.start();
  const auto expected = static_cast<std::size_t>(accepted);
  if (delivered < expected) {
    EXPECT_TRUE(engine.wait_for_log_times("status=sent", expected - delivered));
  }
  EXPECT_EQ(engine.mailbox().size(), expected);
}

TEST(Engine, StopsInOrder) {
  EngineProcess engine;
  SmtpPeer in_transaction(engine.address());
  in_transaction.reply();
  in_transaction.command("EHLO client.test");
  in_transaction.command("MAIL FROM:<a@far.test>");
  in_transaction.command("RCPT TO:<joe@local.test>");
  EXPECT_THAT(in_transaction.command("DATA"), StartsWith("354"));
  engine.send_signal(SIGTERM);
  ASSERT_TRUE(engine.wait_for_log("stopping"));
  // The message that is under way is taken, then the session ends.
  EXPECT_THAT(in_transaction.command("Subject: last\r\n\r\nbody\r\n."), StartsWith("250"));
  const std::string next = in_transaction.command("NOOP");
  EXPECT_THAT(next, ::testing::AnyOf(StartsWith("421"), ::testing::IsEmpty()));
  EXPECT_EQ(engine.wait(), 0);
  EXPECT_THAT(engine.log(), HasSubstr("stopped"));
  engine.start();
  ASSERT_TRUE(engine.wait_for_log("queue loaded"));
}

TEST(Engine, ReopensItsLogOnSigusr1) {
  EngineProcess engine;
  const std::string log = engine.directory() / "log", old = engine.directory() / "log.1";
  const auto address = engine.address();
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(engine.directory().path().c_str(), 65534, 65534), 0);
  }
  std::filesystem::rename(log, old);
  engine.send_signal(SIGUSR1);
  SmtpPeer peer(address);
  EXPECT_THAT(EngineProcess::send(peer, "joe@local.test"), StartsWith("250"));
  engine.forget_log_start();
  ASSERT_TRUE(engine.wait_for_log("status=sent"));
}

}  // namespace
}  // namespace postern::engine
