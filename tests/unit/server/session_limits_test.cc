// Sessions at their limits: time, errors, lines, memory, connections, header fields.
#include <gtest/gtest.h>
#include <malloc.h>

#include "tests/support/smtp_site.h"
#include "tests/unit/server/session_phrases.h"

namespace postern::server {
namespace {

using testing::SiteSetup;
using testing::SmtpPeer;
using testing::SmtpSite;

TEST(SessionLimits, TimeoutIs421) {
  SmtpSite site([](SiteSetup& setup) { setup.options.times.command = Seconds(1); });
  SmtpPeer peer(site.address());
  say_hello(peer);
  begin_data(peer);
  peer.send("half a line");
  EXPECT_EQ(peer.reply(), "421 4.4.2 mx.local.test Error: timeout exceeded");
  EXPECT_TRUE(peer.is_closed());
  EXPECT_EQ(site.sink.size(), 0U);
  EXPECT_EQ(site.sink.open_messages(), 0U);
}

TEST(SessionLimits, Row113DrippingClientsAreCutOff) {
  SmtpSite site([](SiteSetup& setup) {
    setup.options.times.command = Seconds(1);
    setup.options.times.min_data_rate = 1'000'000;
  });
  const auto drips = [&](bool in_data) {
    SmtpPeer peer(site.address());
    say_hello(peer);
    if (in_data) begin_data(peer);
    const auto start = std::chrono::steady_clock::now();
    std::string reply;
    // Each octet is far within the time for one command, all of them together are not.
    while (reply.empty() && std::chrono::steady_clock::now() - start < Seconds(10)) {
      peer.send("x");
      pollfd ready{.fd = peer.fd(), .events = POLLIN, .revents = 0};
      if (::poll(&ready, 1, 50) == 1) reply = peer.reply();
    }
    return reply;
  };
  EXPECT_TRUE(drips(false).starts_with("421 4.4.2"));
  EXPECT_TRUE(drips(true).starts_with("421 4.4.2"));
}

TEST(SessionLimits, StressShortensPatience) {
  std::atomic<bool> stress = true;
  SmtpSite site([&](SiteSetup& setup) {
    setup.options.times.command_stress = Seconds(1);
    setup.stress = &stress;
  });
  SmtpPeer peer(site.address());
  say_hello(peer);
  EXPECT_TRUE(peer.command("FOO").starts_with("500"));
  EXPECT_TRUE(peer.reply().starts_with("421 4.7.0"));  // one error is too many now
  SmtpPeer idle(site.address());
  idle.reply();
  EXPECT_TRUE(idle.reply().starts_with("421 4.4.2"));
}

TEST(SessionLimits, SoftErrorsDelayReplies) {
  SmtpSite site([](SiteSetup& setup) {
    setup.options.limits.soft_errors = 2;
    setup.options.times.error_sleep = Seconds(1);
  });
  SmtpPeer peer(site.address());
  say_hello(peer);
  const auto timed = [&] {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(peer.command("FOO").starts_with("500"));
    return std::chrono::steady_clock::now() - start;
  };
  EXPECT_LT(timed(), Seconds(1));
  EXPECT_LT(timed(), Seconds(1));
  EXPECT_GE(timed(), Seconds(1));
}

TEST(SessionLimits, HardErrorLimit) {
  for (const unsigned limit : {1U, 5U}) {
    SmtpSite site([&](SiteSetup& setup) { setup.options.limits.hard_errors = limit; });
    SmtpPeer peer(site.address());
    say_hello(peer);
    for (unsigned i = 1; i < limit; ++i) {
      EXPECT_TRUE(peer.command("FOO").starts_with("500"));
      EXPECT_TRUE(peer.command("NOOP").starts_with("250")) << i;
    }
    EXPECT_TRUE(peer.command("FOO").starts_with("500"));
    EXPECT_EQ(peer.reply(), "421 4.7.0 mx.local.test Error: too many errors");
    EXPECT_TRUE(peer.is_closed());
  }
}

TEST(SessionLimits, AnAcceptedMessageForgivesErrors) {
  SmtpSite site([](SiteSetup& setup) { setup.options.limits.hard_errors = 3; });
  SmtpPeer peer(site.address());
  say_hello(peer);
  for (int round = 0; round < 5; ++round) {
    EXPECT_TRUE(peer.command("FOO").starts_with("500"));
    EXPECT_TRUE(peer.command("FOO").starts_with("500"));
    begin_data(peer);
    EXPECT_TRUE(peer.command("x\r\n.").starts_with("250"));
  }
}

TEST(SessionLimits, Row039EndlessCommandLine) {
  SmtpSite site;
  SmtpPeer peer(site.address());
  say_hello(peer);
  const std::string piece(64 * 1024, 'x');
  for (int i = 0; i < 100; ++i)
    peer.send(piece);
  const std::string last = peer.rest();
  EXPECT_TRUE(last.starts_with("500 5.5.2")) << last;
}

TEST(SessionLimits, Row037ManyTinyChunks) {
  SmtpSite site([](SiteSetup& setup) { setup.options.limits.bdat_chunks = 1000; });
  SmtpPeer peer(site.address());
  say_hello(peer);
  begin_message(peer);
  std::string chunks;
  for (int i = 0; i < 1001; ++i)
    chunks += "BDAT 1\r\nx";
  peer.send(chunks);
  for (int i = 0; i < 1000; ++i)
    ASSERT_EQ(peer.reply(), "250 2.0.0 Ok: 1 bytes");
  EXPECT_TRUE(peer.reply().starts_with("552"));
  EXPECT_TRUE(peer.is_closed());
}

TEST(SessionLimits, Row114ClientThatNeverReads) {
  SmtpSite site([](SiteSetup& setup) {
    setup.options.times.command = Seconds(1);
    setup.options.limits.junk_commands = 1'000'000'000;
  });
  SmtpPeer peer(site.address());
  say_hello(peer);
  std::string commands;
  for (int i = 0; i < 10'000; ++i)
    commands += "RSET\r\n";
  // The server stops reading when its replies are not taken, then ends the session.
  for (int i = 0; i < 1000; ++i) {
    pollfd ready{.fd = peer.fd(), .events = POLLOUT, .revents = 0};
    if (::poll(&ready, 1, 5000) != 1 || (ready.revents & (POLLERR | POLLHUP)) != 0) break;
    if (::send(peer.fd(), commands.data(), commands.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
        errno != EAGAIN)
      break;
  }
  while (site.session_count() != 0)
    std::this_thread::yield();
}

TEST(SessionLimits, MemoryBudgetRefusesNewSessionsAndGivesBack) {
  SmtpSite site([](SiteSetup& setup) { setup.memory = 32 * 1024; });
  SmtpPeer peer(site.address());
  say_hello(peer);
  begin_data(peer);
  peer.send("\r\n" + std::string(30'000, 'x'));
  while (site.memory().used() < 32 * 1024)
    std::this_thread::yield();
  SmtpPeer refused(site.address());
  EXPECT_TRUE(refused.reply().starts_with("421 4.3.2"));
  EXPECT_TRUE(refused.is_closed());
  peer.send(std::string(30'000, 'x') + "\r\n.\r\n");
  EXPECT_EQ(peer.reply(), "452 4.3.1 Insufficient system storage");
  EXPECT_EQ(site.memory().used(), 0U);
  begin_data(peer);
  EXPECT_TRUE(peer.command("x\r\n.").starts_with("250"));
  EXPECT_EQ(site.memory().used(), 0U);
}

TEST(SessionLimits, ConnectionLimits) {
  SmtpSite site([](SiteSetup& setup) {
    setup.connections = 3;
    setup.options.client_limits.connections = 2;
  });
  SmtpPeer first(site.address());
  SmtpPeer second(site.address());
  EXPECT_TRUE(first.reply().starts_with("220"));
  EXPECT_TRUE(second.reply().starts_with("220"));
  SmtpPeer third(site.address());
  EXPECT_EQ(third.reply(), "421 4.7.0 mx.local.test Error: too many connections from 127.0.0.1");
  first.command("QUIT");
  EXPECT_TRUE(first.is_closed());
  while (site.session_count() != 1)
    std::this_thread::yield();
  SmtpPeer fourth(site.address());
  EXPECT_TRUE(fourth.reply().starts_with("220"));
}

TEST(SessionLimits, Row111AnIdleSessionIsSmall) {
  constexpr std::size_t kSessions = 300;
  SmtpSite site([](SiteSetup& setup) { setup.options.client_limits.connections = 0; });
  std::vector<std::unique_ptr<SmtpPeer>> peers;
  const auto open_one = [&] {
    peers.push_back(std::make_unique<SmtpPeer>(site.address()));
    say_hello(*peers.back());
  };
  for (int i = 0; i < 10; ++i)
    open_one();
  const std::size_t before = ::mallinfo2().uordblks;
  for (std::size_t i = 0; i < kSessions; ++i)
    open_one();
  const std::size_t after = ::mallinfo2().uordblks;
  // 0 under a sanitizer, which has its own heap.  The peers are counted too.
  EXPECT_LE((after - before) / kSessions, 12U * 1024);
  RecordProperty("octets", static_cast<int>((after - before) / kSessions));
  std::printf("[ MEASURED ] %zu octets of heap for a session and its peer\n",
              (after - before) / kSessions);
}

TEST(SessionLimits, Row109AbortedTransfersLeaveNothing) {
  SmtpSite site;
  for (int i = 0; i < 50; ++i) {
    SmtpPeer peer(site.address());
    say_hello(peer);
    begin_data(peer);
    peer.send(std::string(100'000, 'x'));
  }
  while (site.session_count() != 0)
    std::this_thread::yield();
  EXPECT_EQ(site.sink.size(), 0U);
  EXPECT_EQ(site.sink.open_messages(), 0U);
  EXPECT_EQ(site.memory().used(), 0U);
}

TEST(SessionLimits, Row102ManyHeaderFieldsAreRefusedInLinearTime) {
  SmtpSite site;
  SmtpPeer peer(site.address());
  say_hello(peer);
  begin_data(peer);
  std::string fields;
  for (int i = 0; i < 100'000; ++i)
    fields += "To: a@b.test\r\n";
  const auto start = std::chrono::steady_clock::now();
  peer.send(fields);
  EXPECT_TRUE(peer.command("\r\nx\r\n.").starts_with("552 5.3.4"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, Seconds(10));
  EXPECT_EQ(site.memory().used(), 0U);
}

TEST(SessionLimits, HeaderFieldCountAtTheLimit) {
  for (const int count : {999, 1000, 1001}) {
    SmtpSite site;
    SmtpPeer peer(site.address());
    say_hello(peer);
    begin_data(peer);
    std::string fields;
    for (int i = 0; i < count; ++i)
      fields += "A: b\r\n";
    EXPECT_TRUE(peer.command(fields + "\r\nx\r\n.").starts_with(count <= 1000 ? "250" : "552"))
        << count;
  }
}

}  // namespace
}  // namespace postern::server
