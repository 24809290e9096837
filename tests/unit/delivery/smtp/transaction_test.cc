// One transaction: replies at each stage, per recipient; pipelining.
#include "tests/unit/delivery/smtp/smtp_fixture.h"

namespace postern::delivery {
namespace {

using mail::Outcome;
using mail::SiteVerdict;
using postern::testing::answering;
using postern::testing::PeerRules;
using postern::testing::PeerSession;
using postern::testing::ScriptedPeer;
using postern::testing::serve;
using postern::testing::SmtpTest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kHost[] = "127.0.0.1[127.0.0.1]";

TEST_F(SmtpTest, DeliversAndSaysHow) {
  PeerRules rules;
  ScriptedPeer peer(serve(rules));
  const auto result = deliver_to(peer, 2);
  ASSERT_EQ(result.recipients.size(), 2U);
  for (const auto& each : result.recipients) {
    EXPECT_EQ(each.outcome, Outcome::kDelivered);
    EXPECT_EQ(each.status, "2.0.0");
    EXPECT_EQ(each.diagnostic, "250 2.0.0 Ok: queued as 12345");
    EXPECT_EQ(each.smtp_reply, "250 2.0.0 Ok: queued as 12345");
    EXPECT_EQ(each.remote_mta, fmt::format("{}:{}", kHost, peer.address().port()));
    EXPECT_FALSE(each.relayed_without_dsn);
  }
  EXPECT_EQ(result.site, SiteVerdict::kGood);
  EXPECT_EQ(result.connection_use, 1U);
  EXPECT_GE(result.connect_seconds, 0);
  EXPECT_GE(result.transmit_seconds, 0);
  EXPECT_THAT(rules.seen->lines(),
              ElementsAre("EHLO client.example", "MAIL FROM:<sender@client.example> SIZE=20",
                          "RCPT TO:<r0@site.example>", "RCPT TO:<r1@site.example>", "DATA"));
  EXPECT_THAT(rules.seen->messages(), ElementsAre("Subject: x\r\n\r\nbody\r\n.\r\n"));
}

// The script reads everything before it answers anything: only one write gets it that far.
TEST_F(SmtpTest, EnvelopeGoesInOneWriteWithPipelining) {
  ScriptedPeer peer([](PeerSession& session) {
    session.say("220 peer");
    session.line();
    session.send("250-peer\r\n250 PIPELINING\r\n");
    for (int i = 0; i < 5; ++i)
      session.line();
    session.send("250 ok\r\n250 ok\r\n550 no\r\n250 ok\r\n354 go\r\n");
    session.data();
    session.say("250 done");
    session.wait_for_end();
  });
  const auto result = deliver_to(peer, 3);
  EXPECT_EQ(result.recipients[0].outcome, Outcome::kDelivered);
  EXPECT_EQ(result.recipients[1].outcome, Outcome::kFailed);
  EXPECT_EQ(result.recipients[2].outcome, Outcome::kDelivered);
}

TEST_F(SmtpTest, OneCommandAtATimeWithoutPipelining) {
  std::atomic<int> early = 0;
  ScriptedPeer peer([&early](PeerSession& session) {
    session.say("220 peer");
    for (const char* const reply : {"250 peer", "250 ok", "250 ok", "250 ok", "354 go"}) {
      session.line();
      early += session.has_more();
      session.say(reply);
    }
    session.data();
    session.say("250 done");
    session.wait_for_end();
  });
  for (const auto& each : deliver_to(peer, 2).recipients)
    EXPECT_EQ(each.outcome, Outcome::kDelivered);
  EXPECT_EQ(early, 0);
}

TEST_F(SmtpTest, CommandsThatWaitForRepliesAreBounded) {
  for (const std::size_t recipients : {8U, 9U, 10U, 1000U}) {
    options_.max_pipelined_commands = 10;
    transport_.reset();
    PeerRules rules;
    ScriptedPeer peer(serve(rules));
    for (const auto& each : deliver_to(peer, recipients).recipients)
      ASSERT_EQ(each.outcome, Outcome::kDelivered);
    EXPECT_EQ(rules.seen->of("RCPT").size(), recipients);
  }
}

TEST_F(SmtpTest, Row206EachRecipientHasItsOwnResult) {
  PeerRules rules;
  rules.reply = [](const std::string& line) -> std::string {
    if (line == "RCPT TO:<r1@site.example>") return "550 5.1.1 unknown";
    if (line == "RCPT TO:<r2@site.example>") return "450 4.2.1 busy";
    if (line == "RCPT TO:<r3@site.example>") return "552 5.2.2 too many";
    if (line == "RCPT TO:<r4@site.example>") return "354 what";
    return {};
  };
  ScriptedPeer peer(serve(rules));
  const auto all = deliver_to(peer, 6).recipients;
  EXPECT_EQ(all[0].outcome, Outcome::kDelivered);
  EXPECT_EQ(all[1].outcome, Outcome::kFailed);
  EXPECT_EQ(all[1].status, "5.1.1");
  EXPECT_EQ(all[1].smtp_reply, "550 5.1.1 unknown");
  EXPECT_EQ(all[1].diagnostic,
            fmt::format("host {} said: 550 5.1.1 unknown (in reply to RCPT TO command)", kHost));
  EXPECT_EQ(all[2].outcome, Outcome::kDeferred);
  EXPECT_EQ(all[2].status, "4.2.1");
  EXPECT_EQ(all[3].outcome, Outcome::kDeferred);  // RFC 5321 s4.5.3.1.10
  EXPECT_EQ(all[4].outcome, Outcome::kDeferred);
  EXPECT_EQ(all[4].status, "4.5.0");
  EXPECT_EQ(all[5].outcome, Outcome::kDelivered);
}

struct StageCase {
  const char* verb;
  const char* reply;
  Outcome outcome;
  const char* status;
  const char* text;
};

TEST_F(SmtpTest, Row206RefusalAtEachStage) {
  const StageCase cases[] = {
      {"MAIL", "450 4.1.8 no", Outcome::kDeferred, "4.1.8", "(in reply to MAIL FROM command)"},
      {"MAIL", "550 no", Outcome::kFailed, "5.0.0", "said: 550 no (in reply to MAIL FROM command)"},
      {"RCPT", "451 no", Outcome::kDeferred, "4.0.0", "(in reply to RCPT TO command)"},
      {"RCPT", "550 5.7.1 no", Outcome::kFailed, "5.7.1", "(in reply to RCPT TO command)"},
      {"DATA", "452 4.3.1 full", Outcome::kDeferred, "4.3.1", "(in reply to DATA command)"},
      {"DATA", "554 5.7.1 no", Outcome::kFailed, "5.7.1", "(in reply to DATA command)"},
      {"DATA", "250 what", Outcome::kDeferred, "4.5.0", "(in reply to DATA command)"},
      {".", "451 4.7.1 later", Outcome::kDeferred, "4.7.1", "(in reply to end of DATA command)"},
      {".", "550 5.7.1 spam", Outcome::kFailed, "5.7.1", "(in reply to end of DATA command)"},
      {".", "354 what", Outcome::kDeferred, "4.5.0", "(in reply to end of DATA command)"},
  };
  for (const bool pipelines : {true, false}) {
    for (const StageCase& each : cases) {
      PeerRules rules = answering(each.verb, each.reply);
      if (!pipelines) rules.extensions.erase(rules.extensions.begin());
      ScriptedPeer peer(serve(rules));
      const auto result = deliver_to(peer, 2);
      for (const auto& recipient : result.recipients) {
        EXPECT_EQ(recipient.outcome, each.outcome) << each.verb << " " << each.reply;
        EXPECT_EQ(recipient.status, each.status);
        EXPECT_THAT(recipient.diagnostic, HasSubstr(each.text));
      }
      EXPECT_EQ(result.site, SiteVerdict::kGood);
      // The connection is good for the next message.
      const auto again = deliver_to(peer, 1);
      EXPECT_EQ(again.recipients[0].status, each.status);
      EXPECT_EQ(peer.connections(), 1U) << each.verb << " " << each.reply;
      EXPECT_EQ(again.connection_use, 2U);
    }
  }
}

TEST_F(SmtpTest, Row206ServiceThatShutsDownAtEachStage) {
  for (const char* const verb : {"greeting", "EHLO", "MAIL", "RCPT", "DATA", "."}) {
    ScriptedPeer peer(serve(answering(verb, "421 4.3.2 shutting down")));
    const auto result = deliver_to(peer, 2);
    for (const auto& each : result.recipients) {
      EXPECT_EQ(each.outcome, Outcome::kDeferred) << verb;
      EXPECT_EQ(each.status, "4.3.2");
      EXPECT_THAT(each.smtp_reply, HasSubstr("421 4.3.2 shutting down"));
    }
    EXPECT_EQ(result.site, SiteVerdict::kThrottle) << verb;
  }
}

TEST_F(SmtpTest, Row206ConnectionLostAtEachStage) {
  const std::pair<const char*, const char*> cases[] = {
      {"greeting", "receiving the initial server greeting"},
      {"EHLO", "performing the EHLO handshake"},
      {"MAIL", "sending MAIL FROM"},
      {"RCPT", "sending RCPT TO"},
      {"DATA", "sending DATA command"},
      {".", "sending end of data -- message may be sent more than once"},
  };
  for (const char* const how : {"!close", "!reset"}) {
    for (const auto& [verb, doing] : cases) {
      PeerRules rules = answering(verb, how);
      rules.extensions = {"DSN"};
      ScriptedPeer peer(serve(rules));
      const auto result = deliver_to(peer, 2);
      for (const auto& each : result.recipients) {
        EXPECT_EQ(each.outcome, Outcome::kDeferred);
        // A reset may be there before connect(2) is looked at.
        if (std::string_view(verb) == "greeting" && each.status == "4.4.1") continue;
        EXPECT_EQ(each.status, "4.4.2");
        EXPECT_EQ(each.diagnostic, fmt::format("lost connection with {} while {}", kHost, doing));
      }
      EXPECT_NE(result.site, SiteVerdict::kGood);
    }
  }
}

TEST_F(SmtpTest, Row206ResetAfterTheReplyToTheDotIsDelivered) {
  ScriptedPeer peer([](PeerSession& session) {
    session.say("220 peer");
    session.line();
    session.say("250 peer");
    for (const char* const reply : {"250 ok", "250 ok", "354 go"}) {
      session.line();
      session.say(reply);
    }
    session.data();
    session.say("250 2.0.0 taken");
    session.close();
  });
  EXPECT_EQ(deliver_one(peer).outcome, Outcome::kDelivered);
}

TEST_F(SmtpTest, Row206RefusalWhileContentIsSentIsHeard) {
  std::promise<void> quiet;  // until then the server neither reads nor closes
  ScriptedPeer peer([&quiet](PeerSession& session) {
    session.say("220 peer");
    session.line();
    session.say("250 peer");
    for (const char* const reply : {"250 ok", "250 ok", "354 go"}) {
      session.line();
      session.say(reply);
    }
    session.octets(1000);
    session.say("552 5.3.4 too big for me");
    quiet.get_future().wait();
  });
  auto given = attempt(hop(peer));
  given.content = std::make_shared<mail::MemoryContent>(std::string(64 << 20, 'x'));
  const auto result = deliver(given).recipients[0];
  quiet.set_value();
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  EXPECT_EQ(result.status, "5.3.4");
}

// RFC 2920 s3.1: 354 although no recipient was taken.
TEST_F(SmtpTest, EmptyMessageEndsDataWithoutRecipients) {
  PeerRules rules;
  rules.reply = [](const std::string& line) -> std::string {
    if (line.starts_with("RCPT")) return "550 5.1.1 no";
    if (line == "DATA") return "354 go on";
    return {};
  };
  ScriptedPeer peer(serve(rules));
  for (const auto& each : deliver_to(peer, 2).recipients)
    EXPECT_EQ(each.status, "5.1.1");
  EXPECT_THAT(rules.seen->messages(), ElementsAre(".\r\n"));
  EXPECT_EQ(deliver_to(peer, 1).connection_use, 2U);
  EXPECT_EQ(peer.connections(), 1U);
}

// RFC 5321 s4.5.3.1.10.
TEST_F(SmtpTest, RecipientsBeyondTheServersLimitGoInTheNextTransaction) {
  PeerRules rules;
  auto taken = std::make_shared<int>(0);
  rules.reply = [taken](const std::string& line) -> std::string {
    if (line.starts_with("MAIL")) *taken = 0;
    if (line.starts_with("RCPT") && ++*taken > 2) return "452 4.5.3 too many recipients";
    return {};
  };
  ScriptedPeer peer(serve(rules));
  for (const auto& each : deliver_to(peer, 5).recipients)
    EXPECT_EQ(each.outcome, Outcome::kDelivered);
  EXPECT_EQ(rules.seen->messages().size(), 3U);
  EXPECT_EQ(peer.connections(), 1U);
}

TEST_F(SmtpTest, ServerThatTakesNoneWith452IsNotAskedForEver) {
  PeerRules rules = answering("RCPT", "452 4.5.3 too many recipients");
  ScriptedPeer peer(serve(rules));
  for (const auto& each : deliver_to(peer, 3).recipients)
    EXPECT_EQ(each.status, "4.5.3");
  EXPECT_EQ(rules.seen->of("MAIL").size(), 1U);
}

TEST_F(SmtpTest, DsnParametersGoWhereTheyAreOffered) {
  for (const bool offers : {true, false}) {
    PeerRules rules;
    if (!offers) rules.extensions = {"PIPELINING"};
    ScriptedPeer peer(serve(rules));
    auto given = attempt(hop(peer));
    auto envelope = std::make_shared<mail::Envelope>(*given.envelope);
    envelope->envid = "id+1";
    envelope->recipients[0].notify = mail::DsnNotify::kSuccess;
    given.envelope = envelope;
    const auto result = deliver(given).recipients[0];
    EXPECT_EQ(result.relayed_without_dsn, !offers);
    EXPECT_EQ(rules.seen->of("MAIL")[0].ends_with(" ENVID=id+2B1"), offers);
    EXPECT_EQ(rules.seen->of("RCPT")[0].ends_with(" NOTIFY=SUCCESS"), offers);
  }
}

TEST_F(SmtpTest, XforwardTellsOfTheClient) {
  options_.send_xforward = true;
  PeerRules rules;
  rules.extensions.push_back("XFORWARD NAME ADDR PROTO HELO SOURCE");
  ScriptedPeer peer(serve(rules));
  auto given = attempt(hop(peer));
  auto envelope = std::make_shared<mail::Envelope>(*given.envelope);
  envelope->client.name = "c.example";
  envelope->client.address = "2001:db8::7";
  envelope->client.helo = "a b";
  given.envelope = envelope;
  EXPECT_EQ(deliver(given).recipients[0].outcome, Outcome::kDelivered);
  EXPECT_THAT(rules.seen->of("XFORWARD"),
              ElementsAre("XFORWARD NAME=c.example ADDR=IPv6:2001:db8::7",
                          "XFORWARD PROTO=[UNAVAILABLE] HELO=a+20b SOURCE=REMOTE"));
}

}  // namespace
}  // namespace postern::delivery
