// Whole sessions over a loopback socket: what dialogue files cannot say: cut octets, drains,
// cut-offs and the sink's refusals.
#include <gtest/gtest.h>

#include <random>

#include "core/mime/header_section.h"
#include "tests/support/smtp_site.h"
#include "tests/unit/server/session_phrases.h"

namespace postern::server {
namespace {

using testing::SiteSetup;
using testing::SmtpPeer;
using testing::SmtpSite;

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
