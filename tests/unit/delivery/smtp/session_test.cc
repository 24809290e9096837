// From connection to MAIL: greeting, EHLO, STARTTLS, and servers that break the grammar.
#include "tests/unit/delivery/smtp/smtp_fixture.h"

namespace postern::delivery {
namespace {

using mail::Outcome;
using mail::SiteVerdict;
using mail::TlsRequirement;
using postern::testing::answering;
using postern::testing::PeerRules;
using postern::testing::PeerSession;
using postern::testing::ScriptedPeer;
using postern::testing::serve;
using postern::testing::SmtpTest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SmtpSession : public SmtpTest {
 protected:
  SmtpSession() { options_.timeouts.helo = Seconds(20); }
};

TEST_F(SmtpSession, HeloWhereEhloIsNotKnown) {
  for (const char* const reply : {"500 what", "502 5.5.1 no", "450 no"}) {
    PeerRules rules = answering("EHLO", reply);
    ScriptedPeer peer(serve(rules));
    const auto result = deliver_one(peer);
    EXPECT_EQ(result.outcome, Outcome::kDelivered);
    EXPECT_TRUE(result.relayed_without_dsn);
    EXPECT_EQ(rules.seen->lines()[1], "HELO client.example");
    EXPECT_EQ(rules.seen->lines()[2], "MAIL FROM:<sender@client.example>");
  }
}

TEST_F(SmtpSession, ServerThatRefusesToTalk) {
  PeerRules rules;
  rules.greeting = "554 5.3.2 go away";
  ScriptedPeer peer(serve(rules));
  auto result = deliver_to(peer);
  EXPECT_EQ(result.recipients[0].outcome, Outcome::kDeferred);
  EXPECT_EQ(result.recipients[0].diagnostic,
            "host 127.0.0.1[127.0.0.1] refused to talk to me: 554 5.3.2 go away");
  EXPECT_EQ(result.site, SiteVerdict::kDead);
  options_.skip_5xx_greeting = false;
  transport_.reset();
  EXPECT_EQ(deliver_one(peer).outcome, Outcome::kFailed);
}

TEST_F(SmtpSession, GreetingThatIsNoGreeting) {
  for (const char* const greeting : {"354 go on", "450 busy", "220", "220-a\r\n220 b"}) {
    PeerRules rules;
    rules.greeting = greeting;
    ScriptedPeer peer(serve(rules));
    const bool is_fine = std::string_view(greeting).starts_with("220");
    EXPECT_EQ(deliver_one(peer).outcome, is_fine ? Outcome::kDelivered : Outcome::kDeferred)
        << greeting;
  }
}

TEST_F(SmtpSession, Row205ServerWithoutGreeting) {
  options_.timeouts.helo = Seconds(1);
  ScriptedPeer peer([](PeerSession& session) { session.wait_for_end(); });
  const auto result = deliver_to(peer);
  EXPECT_EQ(result.recipients[0].diagnostic,
            "conversation with 127.0.0.1[127.0.0.1] timed out while receiving the initial server "
            "greeting");
  EXPECT_EQ(result.recipients[0].status, "4.4.2");
  EXPECT_EQ(result.site, SiteVerdict::kDead);
}

// The deadline is for the reply, not for the octet.
TEST_F(SmtpSession, Row205ServerThatDripsItsReply) {
  options_.timeouts.helo = Seconds(1);
  ScriptedPeer peer([](PeerSession& session) {
    session.send("220-");
    while (session.is_open()) {
      session.send("x");
      pollfd never{.fd = -1, .events = 0, .revents = 0};
      ::poll(&never, 1, 20);
      if (session.has_more()) session.wait_for_end();
    }
  });
  EXPECT_THAT(deliver_one(peer).diagnostic, HasSubstr("timed out while receiving"));
}

TEST_F(SmtpSession, Row205RepliesAreBounded) {
  const auto lines = [](std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i + 1 < count; ++i)
      out += "220-line\r\n";
    return out + "220 end";
  };
  for (const std::size_t count : {99U, 100U, 101U, 10'000U}) {
    PeerRules rules;
    rules.greeting = lines(count);
    ScriptedPeer peer(serve(rules));
    EXPECT_EQ(deliver_one(peer).outcome, count <= 100 ? Outcome::kDelivered : Outcome::kDeferred)
        << count;
  }
}

TEST_F(SmtpSession, Row205ServerThatMakesNoSense) {
  const std::string cases[] = {
      std::string("2") + std::string(8 << 20, '0'),  // a line without end
      "220 " + std::string(8 << 20, 'x'),
      std::string("220 a\0b", 7),
      "99 junk",
      "220x",
      "2x0 hi",
      "600 hi",
      "hello",
      "",
      "HTTP/1.1 400 Bad Request",
      "\x16\x03\x01\x02",
      "220-a\r\n221 b",
      "199 too low",
  };
  for (const std::string& greeting : cases) {
    ScriptedPeer peer([&greeting](PeerSession& session) {
      session.say(greeting);
      session.wait_for_end();
    });
    const auto result = deliver_to(peer);
    EXPECT_EQ(result.recipients[0].outcome, Outcome::kDeferred) << greeting.substr(0, 40);
    EXPECT_THAT(result.recipients[0].diagnostic, HasSubstr("protocol error of host"));
    EXPECT_LT(result.recipients[0].diagnostic.size(), 3000U);
    EXPECT_EQ(result.site, SiteVerdict::kDead);
  }
}

TEST_F(SmtpSession, Row205TextOfServersIsOneShortCleanLine) {
  ScriptedPeer peer(
      serve(answering("RCPT", "550-5.1.1 a\x1b[31mb\r\n550 5.1.1 " + std::string(1900, 'y'))));
  const auto result = deliver_one(peer);
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  EXPECT_THAT(result.smtp_reply, HasSubstr("550 5.1.1 a?[31mb"));
  EXPECT_LT(result.smtp_reply.size(), 2100U);
  EXPECT_EQ(result.smtp_reply.find('\n'), std::string::npos);
}

TEST_F(SmtpSession, Row177ServerWithOurOwnName) {
  PeerRules rules;
  rules.name = "Client.Example";
  ScriptedPeer peer(serve(rules));
  options_.mx.own_ports = {peer.address().port()};
  options_.mx.own_addresses = {};
  // A loopback address on our own port is found before any connection.
  EXPECT_EQ(deliver_one(peer).status, "5.4.6");
  EXPECT_EQ(peer.connections(), 0U);
  options_.mx.own_ports = {25};
  transport_.reset();
  EXPECT_EQ(deliver_one(peer).outcome, Outcome::kDelivered);  // a filter on this host
}

class SmtpTls : public SmtpTest {
 protected:
  PeerRules offering() {
    PeerRules rules;
    rules.extensions.push_back("STARTTLS");
    return rules;
  }
};

TEST_F(SmtpTls, UsedWhereItIsOffered) {
  for (const auto level : {TlsRequirement::kMay, TlsRequirement::kEncrypt}) {
    use_tls(level);
    options_.tls_loglevel = 1;
    transport_.reset();
    const PeerRules rules = offering();
    ScriptedPeer peer(serve(rules));
    for (unsigned use = 1; use <= 2; ++use) {
      const auto result = deliver_to(peer);
      EXPECT_EQ(result.recipients[0].outcome, Outcome::kDelivered)
          << result.recipients[0].diagnostic;
      EXPECT_EQ(result.connection_use, use);
    }
    EXPECT_EQ(rules.seen->messages().size(), 2U);
    EXPECT_EQ(rules.seen->messages_in_clear(), 0U);
    // RFC 3207 s4.2: EHLO again.
    EXPECT_EQ(rules.seen->of("EHLO").size(), 2U);
  }
}

TEST_F(SmtpTls, NotUsedWhereItIsOff) {
  use_tls(TlsRequirement::kNone);
  const PeerRules rules = offering();
  ScriptedPeer peer(serve(rules));
  EXPECT_EQ(deliver_one(peer).outcome, Outcome::kDelivered);
  EXPECT_EQ(rules.seen->messages_in_clear(), 1U);
}

TEST_F(SmtpTls, Row047TextBehindTheReplyToStarttls) {
  for (const auto level : {TlsRequirement::kMay, TlsRequirement::kEncrypt}) {
    for (const char* const extra : {"250 ok", "250-peer\r\n250 AUTH PLAIN", "x"}) {
      use_tls(level);
      transport_.reset();
      PeerRules rules = offering();
      rules.after_starttls = extra;
      rules.tls_handshake = false;
      ScriptedPeer peer(serve(rules));
      const auto result = deliver_one(peer);
      if (level == TlsRequirement::kEncrypt) {
        EXPECT_EQ(result.outcome, Outcome::kDeferred);
        EXPECT_TRUE(rules.seen->messages().empty());
      }
      EXPECT_EQ(result.outcome, Outcome::kDeferred) << result.diagnostic;
    }
  }
}

TEST_F(SmtpTls, Row048NotOffered) {
  use_tls(TlsRequirement::kMay);
  ScriptedPeer peer(serve({}));
  EXPECT_EQ(deliver_one(peer).outcome, Outcome::kDelivered);
  use_tls(TlsRequirement::kEncrypt);
  transport_.reset();
  const auto result = deliver_to(peer);
  EXPECT_EQ(result.recipients[0].outcome, Outcome::kDeferred);
  EXPECT_EQ(result.recipients[0].status, "4.7.4");
  EXPECT_EQ(result.recipients[0].diagnostic,
            "TLS is required, but was not offered by host 127.0.0.1[127.0.0.1]");
  EXPECT_EQ(result.site, SiteVerdict::kDead);
}

TEST_F(SmtpTls, Row048Refused) {
  for (const char* const reply : {"454 4.7.0 not now", "501 no", "250 what"}) {
    PeerRules rules = answering("STARTTLS", reply);
    rules.extensions.push_back("STARTTLS");
    ScriptedPeer peer(serve(rules));
    use_tls(TlsRequirement::kMay);
    transport_.reset();
    EXPECT_EQ(deliver_one(peer).outcome, Outcome::kDelivered);
    EXPECT_EQ(rules.seen->messages_in_clear(), 1U);
    use_tls(TlsRequirement::kEncrypt);
    transport_.reset();
    const auto result = deliver_one(peer);
    EXPECT_EQ(result.outcome, Outcome::kDeferred);
    EXPECT_THAT(result.diagnostic, HasSubstr("refused to start TLS: "));
    EXPECT_EQ(rules.seen->messages().size(), 1U);
  }
}

TEST_F(SmtpTls, Row048HandshakeThatFails) {
  PeerRules rules = offering();
  rules.tls_handshake = false;
  ScriptedPeer peer(serve(rules));
  use_tls(TlsRequirement::kMay);
  EXPECT_EQ(deliver_one(peer).outcome, Outcome::kDelivered);
  EXPECT_EQ(peer.connections(), 2U);
  EXPECT_EQ(rules.seen->messages_in_clear(), 1U);
  use_tls(TlsRequirement::kEncrypt);
  transport_.reset();
  const auto result = deliver_one(peer);
  EXPECT_EQ(result.outcome, Outcome::kDeferred);
  EXPECT_EQ(result.status, "4.7.5");
  EXPECT_EQ(peer.connections(), 3U);
}

TEST_F(SmtpTls, MandatoryWithoutEngineDefers) {
  options_.tls = TlsRequirement::kEncrypt;
  ScriptedPeer peer(serve(offering()));
  EXPECT_EQ(deliver_one(peer).diagnostic, "TLS is required, but our TLS engine is unavailable");
}

TEST_F(SmtpTls, Row066ConnectionInClearIsNoneForMailThatNeedsTls) {
  use_tls(TlsRequirement::kMay);
  const PeerRules rules;  // offers none
  ScriptedPeer peer(serve(rules));
  auto given = attempt(hop(peer));
  EXPECT_EQ(deliver(given).recipients[0].outcome, Outcome::kDelivered);
  given.lane.tls = TlsRequirement::kEncrypt;
  EXPECT_EQ(deliver(given).recipients[0].outcome, Outcome::kDeferred);
  EXPECT_EQ(rules.seen->messages().size(), 1U);
  EXPECT_EQ(peer.connections(), 2U);
}

}  // namespace
}  // namespace postern::delivery
