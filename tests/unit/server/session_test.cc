// Whole sessions over a loopback socket: what dialogue files cannot say: deadlines, memory, drains,
// cut-offs, and the sink's refusals.
#include <gtest/gtest.h>
#include <malloc.h>

#include <random>

#include "core/mime/header_section.h"
#include "tests/support/smtp_site.h"

namespace postern::server {
namespace {

using testing::SiteSetup;
using testing::SmtpPeer;
using testing::SmtpSite;

void say_hello(SmtpPeer& peer) {
  EXPECT_TRUE(peer.reply().starts_with("220"));
  EXPECT_TRUE(peer.command("EHLO client.test").starts_with("250"));
}

void begin_message(SmtpPeer& peer) {
  EXPECT_EQ(peer.command("MAIL FROM:<a@b.test>"), "250 2.1.0 Ok");
  EXPECT_EQ(peer.command("RCPT TO:<joe@local.test>"), "250 2.1.5 Ok");
}

void begin_data(SmtpPeer& peer) {
  begin_message(peer);
  EXPECT_TRUE(peer.command("DATA").starts_with("354"));
}

TEST(Session, TakesOneMessage) {
  SmtpSite site;
  SmtpPeer peer(site.address());
  say_hello(peer);
  begin_data(peer);
  const std::string queued = peer.command("Subject: x\r\n\r\nbody\r\n..dot\r\n.");
  ASSERT_EQ(site.sink.size(), 1U);
  const auto message = site.sink.messages()[0];
  EXPECT_EQ(queued, "250 2.0.0 Ok: queued as " + message.id.to_string());
  EXPECT_TRUE(message.content.starts_with("Received: from client.test (unknown [127.0.0.1])\r\n"));
  EXPECT_TRUE(message.content.ends_with("Subject: x\r\n\r\nbody\r\n.dot\r\n"));
  EXPECT_EQ(message.envelope.client.protocol, "ESMTP");
  EXPECT_EQ(message.envelope.client.helo, "client.test");
  EXPECT_EQ(message.envelope.listener, "smtp");
  ASSERT_EQ(message.envelope.recipients.size(), 1U);
  EXPECT_EQ(message.envelope.recipients[0].forward_path, mail::Mailbox("joe", "local.test"));
  EXPECT_EQ(message.envelope.recipients[0].original_recipient, "joe@local.test");
}

TEST(Session, EnvelopeHasWhatTheClientSaid) {
  SmtpSite site;
  SmtpPeer peer(site.address());
  say_hello(peer);
  peer.command("MAIL FROM:<a@b.test> RET=FULL ENVID=e+2Bx BODY=8BITMIME SMTPUTF8");
  peer.command("RCPT TO:<@x.test:joe@local.test> NOTIFY=DELAY ORCPT=rfc822;j+2Boe@b.test");
  peer.command("RCPT TO:<postmaster>");
  peer.command("DATA");
  peer.command("x\r\n.");
  ASSERT_EQ(site.sink.size(), 1U);
  const mail::Envelope envelope = site.sink.messages()[0].envelope;
  EXPECT_EQ(envelope.ret, mail::DsnReturn::kFull);
  EXPECT_EQ(envelope.envid, "e+x");
  EXPECT_EQ(envelope.body, mail::BodyType::kEightBitMime);
  EXPECT_TRUE(envelope.smtputf8);
  ASSERT_EQ(envelope.recipients.size(), 2U);
  EXPECT_EQ(envelope.recipients[0].notify, mail::DsnNotify::kDelay);
  EXPECT_EQ(envelope.recipients[0].orcpt, "rfc822;j+oe@b.test");
  EXPECT_EQ(envelope.recipients[0].forward_path, mail::Mailbox("joe", "local.test"));
  EXPECT_EQ(envelope.recipients[1].forward_path, mail::Mailbox("postmaster", "local.test"));
  // With two recipients neither is told of the other.
  EXPECT_EQ(site.sink.messages()[0].content.find("\tfor <"), std::string::npos);
}

TEST(Session, Row013VerdictsDoNotDependOnHowOctetsAreCut) {
  struct Group {
    std::string octets;
    std::vector<std::string> replies;
  };
  const Group dialogue[] = {
      {"EHLO client.test\r\n", {"250"}},
      {"MAIL FROM:<a@b.test>\r\nRCPT TO:<joe@local.test>\r\nDATA\r\n", {"250", "250", "354"}},
      {"Subject: x\r\n\r\n..a\r\n.b\r\n.\r\n", {"250"}},
      {"MAIL FROM:<a@b.test>\r\nRCPT TO:<joe@local.test>\r\nDATA\r\n", {"250", "250", "354"}},
      {"x\n.\r\nMAIL FROM:<a@b.test>\r\n.\r\n", {"550"}},
      {"MAIL FROM:<a@b.test>\r\nRCPT TO:<joe@local.test>\r\nDATA\r\n", {"250", "250", "354"}},
      {"x\r\n.\rMAIL FROM:<a@b.test>\r\n.\r\n", {"550"}},
      {"QUIT\r\n", {"221"}},
  };
  SmtpSite site;
  for (const std::size_t piece : {std::size_t{1000}, std::size_t{1}, std::size_t{3}}) {
    SmtpPeer peer(site.address());
    peer.reply();
    for (const Group& group : dialogue) {
      for (std::size_t at = 0; at < group.octets.size(); at += piece)
        peer.send(group.octets.substr(at, piece));
      for (const std::string& code : group.replies)
        ASSERT_EQ(peer.reply().substr(0, 3), code) << group.octets;
    }
    EXPECT_TRUE(site.sink.messages().back().content.ends_with("Subject: x\r\n\r\n.a\r\nb\r\n"));
  }
  EXPECT_EQ(site.sink.size(), 3U);
}

TEST(Session, Row028DotAndQuitInOneSegment) {
  SmtpSite site;
  SmtpPeer peer(site.address());
  say_hello(peer);
  begin_data(peer);
  site.sink.hold_commits();
  peer.send("x\r\n.\r\nQUIT\r\n");
  while (site.sink.held() == 0)
    std::this_thread::yield();
  EXPECT_EQ(site.sink.size(), 0U);  // no 250 before the commit
  site.sink.release();
  EXPECT_TRUE(peer.reply().starts_with("250 2.0.0 Ok: queued as "));
  EXPECT_EQ(peer.reply(), "221 2.0.0 Bye");
  EXPECT_TRUE(peer.is_closed());
}

TEST(Session, CommitRefusalsReachTheClient) {
  SmtpSite site;
  SmtpPeer peer(site.address());
  say_hello(peer);
  site.sink.refuse_commits(
      mail::Rejection{{452, mail::EnhancedStatus{4, 3, 1}, "Insufficient system storage"}, "x"});
  begin_data(peer);
  EXPECT_EQ(peer.command("x\r\n."), "452 4.3.1 Insufficient system storage");
  EXPECT_TRUE(peer.command("DATA").starts_with("503"));
  site.sink.refuse_commits({});
  begin_data(peer);
  EXPECT_TRUE(peer.command("x\r\n.").starts_with("250"));
  site.sink.refuse_appends(
      mail::Rejection{{451, mail::EnhancedStatus{4, 3, 0}, "Error: queue file write error"}, "x"});
  begin_data(peer);
  EXPECT_TRUE(peer.command("x\r\n.").starts_with("451"));
  EXPECT_EQ(site.sink.size(), 1U);
  EXPECT_EQ(site.sink.open_messages(), 0U);
}

TEST(Session, AdmissionIsAskedAtConnectAndAtMail) {
  SmtpSite site;
  SmtpPeer peer(site.address());
  say_hello(peer);
  site.sink.set_free_octets(1000);
  EXPECT_TRUE(peer.command("MAIL FROM:<a@b.test> SIZE=1000").starts_with("452"));
  EXPECT_TRUE(peer.command("MAIL FROM:<a@b.test> SIZE=999").starts_with("250"));
  site.sink.set_free_octets(0);
  SmtpPeer other(site.address());
  EXPECT_TRUE(other.reply().starts_with("421 4.3.2"));
  EXPECT_TRUE(other.is_closed());
}

TEST(Session, TimeoutIs421) {
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

TEST(Session, Row113DrippingClientsAreCutOff) {
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

TEST(Session, StressShortensPatience) {
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

TEST(Session, SoftErrorsDelayReplies) {
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

TEST(Session, HardErrorLimit) {
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

TEST(Session, AnAcceptedMessageForgivesErrors) {
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

TEST(Session, Row024TalkingBefore220) {
  // The name service is slow enough for the client's words to be there before the greeting.
  class SlowNames final : public PeerNames {
   public:
    net::Task<PeerName> lookup(net::Loop& loop, net::SocketAddress, SteadyTime) override {
      net::Completion<bool> never(loop);
      co_await never.wait_until(std::chrono::steady_clock::now() + std::chrono::milliseconds(200));
      co_return PeerName{"client.test", "client.test", false};
    }
  } names;
  SmtpSite site([&](SiteSetup& setup) { setup.peer_names = &names; });
  SmtpPeer early(site.address());
  early.send("EHLO client.test\r\n");
  EXPECT_EQ(early.reply(), "554 5.5.0 Error: SMTP protocol synchronization");
  EXPECT_TRUE(early.is_closed());
  SmtpPeer patient(site.address());
  say_hello(patient);
  begin_data(patient);
  patient.command(".");
  EXPECT_EQ(site.sink.messages().at(0).envelope.client.name, "client.test");
}

TEST(Session, Row039EndlessCommandLine) {
  SmtpSite site;
  SmtpPeer peer(site.address());
  say_hello(peer);
  const std::string piece(64 * 1024, 'x');
  for (int i = 0; i < 100; ++i)
    peer.send(piece);
  const std::string last = peer.rest();
  EXPECT_TRUE(last.starts_with("500 5.5.2")) << last;
}

TEST(Session, Row037ManyTinyChunks) {
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

TEST(Session, Row114ClientThatNeverReads) {
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

TEST(Session, MemoryBudgetRefusesNewSessionsAndGivesBack) {
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

TEST(Session, ConnectionLimits) {
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

TEST(Session, DrainTellsIdleSessionsAtOnceAndOthersAtTheirNextCommand) {
  SmtpSite site;
  SmtpPeer idle(site.address());
  SmtpPeer busy(site.address());
  SmtpPeer reading(site.address());
  say_hello(idle);
  say_hello(busy);
  say_hello(reading);
  begin_message(busy);
  begin_data(reading);
  site.drain();
  EXPECT_EQ(idle.reply(), "421 4.3.2 mx.local.test Service shutting down");
  EXPECT_TRUE(idle.is_closed());
  EXPECT_TRUE(reading.command("x\r\n.").starts_with("250"));  // accepted mail is kept
  EXPECT_TRUE(reading.reply().starts_with("421 4.3.2"));
  EXPECT_TRUE(busy.command("DATA").starts_with("421 4.3.2"));
  EXPECT_TRUE(busy.is_closed());
  SmtpPeer late(site.address());
  EXPECT_TRUE(late.reply().starts_with("421 4.3.2"));
}

TEST(Session, Row056TlsCutOffInsideDataIsNoMessage) {
  SmtpSite site([](SiteSetup& setup) {
    setup.has_certificate = true;
    setup.options.extensions.tls_level = TlsLevel::kMay;
  });
  SmtpPeer peer(site.address());
  say_hello(peer);
  EXPECT_TRUE(peer.command("STARTTLS").starts_with("220"));
  ASSERT_TRUE(peer.start_tls());
  EXPECT_TRUE(peer.command("EHLO client.test").starts_with("250"));
  begin_data(peer);
  peer.send("x\r\n");
  peer.finish_sending();
  while (site.session_count() != 0)
    std::this_thread::yield();
  EXPECT_EQ(site.sink.size(), 0U);
}

TEST(Session, LargeMessageUnderTls) {
  SmtpSite site([](SiteSetup& setup) {
    setup.has_certificate = true;
    setup.options.extensions.tls_level = TlsLevel::kMay;
  });
  SmtpPeer peer(site.address());
  say_hello(peer);
  peer.command("STARTTLS");
  ASSERT_TRUE(peer.start_tls());
  peer.command("EHLO client.test");
  begin_data(peer);
  std::string body;
  for (int i = 0; i < 50'000; ++i)
    body += "A line of text that is not long\r\n";
  peer.send("Subject: x\r\n\r\n" + body);
  EXPECT_TRUE(peer.command(".").starts_with("250"));
  EXPECT_TRUE(site.sink.messages().at(0).content.ends_with("Subject: x\r\n\r\n" + body));
}

TEST(Session, AbortEndsSessionsInEveryState) {
  auto site = std::make_unique<SmtpSite>([](SiteSetup& setup) {
    setup.has_certificate = true;
    setup.options.extensions.tls_level = TlsLevel::kMay;
  });
  SmtpPeer idle(site->address());
  SmtpPeer reading(site->address());
  SmtpPeer handshaking(site->address());
  say_hello(idle);
  say_hello(reading);
  begin_data(reading);
  say_hello(handshaking);
  EXPECT_TRUE(handshaking.command("STARTTLS").starts_with("220"));
  site.reset();  // aborts, and waits for the sessions
  EXPECT_TRUE(idle.is_closed());
  EXPECT_TRUE(reading.is_closed());
  EXPECT_TRUE(handshaking.is_closed());
}

TEST(Session, Row111AnIdleSessionIsSmall) {
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

TEST(Session, Row109AbortedTransfersLeaveNothing) {
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

TEST(Session, Row102ManyHeaderFieldsAreRefusedInLinearTime) {
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

TEST(Session, HeaderFieldCountAtTheLimit) {
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

TEST(Session, Row019TextInTheHeaderSectionStaysWhereItWas) {
  SmtpSite site;
  SmtpPeer peer(site.address());
  say_hello(peer);
  for (const std::string content :
       {"just text\r\nmore\r\n", " begins with a space\r\n", "A: b\r\nno field\r\n\r\nC: d\r\n"}) {
    begin_data(peer);
    EXPECT_TRUE(peer.command(content + ".").starts_with("250"));
    const std::string stored = site.sink.messages().back().content;
    EXPECT_TRUE(stored.ends_with(content));
    const auto section = mime::HeaderSection::parse(stored);
    EXPECT_EQ(stored.substr(section.body_offset()),
              content.starts_with("A:") ? content.substr(6) : content);
  }
}

TEST(Session, Row094HostileWordsStayOneLogLineAndOneField) {
  SmtpSite site;
  SmtpPeer peer(site.address());
  peer.reply();
  EXPECT_TRUE(peer.command("EHLO \x1b[31mfoo").starts_with("501"));
  EXPECT_TRUE(peer.command("EHLO x)by.evil(").starts_with("250"));
  begin_data(peer);
  EXPECT_TRUE(peer.command("x\r\n.").starts_with("250"));
  EXPECT_EQ(mime::received_hops(mime::HeaderSection::parse(site.sink.messages().at(0).content)),
            1U);
}

TEST(Session, Row033RandomCommandsNeverHangOrBreakTheSession) {
  SmtpSite site([](SiteSetup& setup) {
    setup.options.limits.hard_errors = 1'000'000;
    setup.options.limits.soft_errors = 1'000'000;
    setup.options.limits.junk_commands = 1'000'000;
  });
  const std::vector<std::string> commands = {"EHLO x",
                                             "HELO x",
                                             "MAIL FROM:<a@b.test>",
                                             "RCPT TO:<joe@local.test>",
                                             "RSET",
                                             "NOOP",
                                             "VRFY joe",
                                             "BDAT 3\r\nabc",
                                             "HELP",
                                             "BDAT 0 LAST",
                                             "RCPT TO:<u@ext.test>",
                                             "XCLIENT NAME=x",
                                             "STARTTLS",
                                             "BDAT 3 LAST\r\nabc",
                                             "AUTH PLAIN",
                                             "FOO"};
  std::mt19937 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same walk each time
  SmtpPeer peer(site.address());
  peer.reply();
  peer.command("EHLO x");
  for (int i = 0; i < 3000; ++i) {
    const std::string& command = commands[random() % commands.size()];
    // A chunk ends by count: no CRLF behind it.
    peer.send(command.find("\r\nabc") != std::string::npos ? command : command + "\r\n");
    ASSERT_FALSE(peer.reply().empty()) << command;
  }
  EXPECT_EQ(peer.command("QUIT"), "221 2.0.0 Bye");
}

}  // namespace
}  // namespace postern::server
