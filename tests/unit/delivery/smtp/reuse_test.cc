// Connections that are used again: limits, lanes, and servers that close or talk in between.
#include "tests/unit/delivery/smtp/smtp_fixture.h"

namespace postern::delivery {
namespace {

using mail::Outcome;
using postern::testing::answering;
using postern::testing::PeerRules;
using postern::testing::PeerSession;
using postern::testing::ScriptedPeer;
using postern::testing::serve;
using postern::testing::SmtpTest;
using ::testing::ElementsAre;

TEST_F(SmtpTest, ConnectionIsUsedAgain) {
  PeerRules rules;
  ScriptedPeer peer(serve(rules));
  for (unsigned use = 1; use <= 5; ++use) {
    const auto result = deliver_to(peer);
    EXPECT_EQ(result.recipients[0].outcome, Outcome::kDelivered);
    EXPECT_EQ(result.connection_use, use);
  }
  EXPECT_EQ(peer.connections(), 1U);
  EXPECT_EQ(rules.seen->of("EHLO").size(), 1U);
  EXPECT_TRUE(rules.seen->of("RSET").empty());
}

TEST_F(SmtpTest, OpenTransactionIsResetBeforeTheNext) {
  PeerRules rules = answering("RCPT TO:<r0@", "550 5.1.1 no");
  ScriptedPeer peer(serve(rules));
  EXPECT_EQ(deliver_one(peer).outcome, Outcome::kFailed);
  EXPECT_EQ(deliver_one(peer).outcome, Outcome::kFailed);
  EXPECT_THAT(rules.seen->of("RSET"), ElementsAre("RSET"));
  EXPECT_EQ(peer.connections(), 1U);
}

TEST_F(SmtpTest, UsesOfOneConnectionAreBounded) {
  for (const std::size_t limit : {1U, 2U, 3U}) {
    options_.reuse_count_limit = limit;
    transport_.reset();
    ScriptedPeer peer(serve({}));
    for (int i = 0; i < 6; ++i)
      EXPECT_EQ(deliver_one(peer).outcome, Outcome::kDelivered);
    EXPECT_EQ(peer.connections(), 6 / limit);
  }
}

TEST_F(SmtpTest, NoReuseWhereItIsOff) {
  options_.reuse_connections = false;
  options_.skip_quit_response = false;
  PeerRules rules;
  ScriptedPeer peer(serve(rules));
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(deliver_to(peer).connection_use, 1U);
  EXPECT_EQ(peer.connections(), 2U);
  EXPECT_EQ(rules.seen->of("QUIT").size(), 2U);
}

TEST_F(SmtpTest, ConnectionOfOneLifetimeLimitIsNotKept) {
  options_.reuse_time_limit = Seconds(0);
  ScriptedPeer peer(serve({}));
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(deliver_to(peer).connection_use, 1U);
  EXPECT_EQ(peer.connections(), 2U);
}

TEST_F(SmtpTest, CloseIdleSaysQuit) {
  std::promise<std::string> last;
  auto said = last.get_future();
  ScriptedPeer peer([&last](PeerSession& session) {
    session.say("220 peer");
    session.line();
    session.say("250 peer");
    for (const char* const reply : {"250 ok", "250 ok", "354 go"}) {
      session.line();
      session.say(reply);
    }
    session.data();
    session.say("250 ok");
    last.set_value(session.line());
  });
  EXPECT_EQ(deliver_one(peer).outcome, Outcome::kDelivered);
  transport().close_idle();
  EXPECT_EQ(said.get(), "QUIT");
}

// Closed by the server while idle, before or after we notice.
TEST_F(SmtpTest, StaleConnectionIsReplacedWithoutTrace) {
  PeerRules rules;
  std::promise<void> gone;
  auto is_gone = gone.get_future();
  const auto first = [&](PeerSession& session) {
    session.say("220 peer");
    session.line();
    session.send("250-peer\r\n250 PIPELINING\r\n");
    for (int i = 0; i < 3; ++i)
      session.line();
    session.send("250 ok\r\n250 ok\r\n354 go\r\n");
    session.data();
    session.say("250 ok");
    session.line();  // the next MAIL: goes without a word
    session.close();
    gone.set_value();
  };
  ScriptedPeer peer({first, serve(rules)});
  EXPECT_EQ(deliver_one(peer).outcome, Outcome::kDelivered);
  const auto result = deliver_to(peer);
  EXPECT_EQ(result.recipients[0].outcome, Outcome::kDelivered);
  EXPECT_EQ(result.connection_use, 1U);
  EXPECT_EQ(peer.connections(), 2U);
  EXPECT_EQ(rules.seen->messages().size(), 1U);
  is_gone.get();
}

TEST_F(SmtpTest, IdleConnectionThatTalksIsNotTrusted) {
  PeerRules rules;
  std::promise<void> told;
  auto is_told = told.get_future();
  const auto first = [&](PeerSession& session) {
    session.say("220 peer");
    session.line();
    session.say("250 peer");
    for (const char* const reply : {"250 ok", "250 ok", "354 go"}) {
      session.line();
      session.say(reply);
    }
    session.data();
    session.send("250 ok\r\n250 and again\r\n");
    told.set_value();
    session.wait_for_end();
  };
  ScriptedPeer peer({first, serve(rules)});
  EXPECT_EQ(deliver_one(peer).outcome, Outcome::kDelivered);
  is_told.get();
  EXPECT_EQ(deliver_one(peer).outcome, Outcome::kDelivered);
  EXPECT_EQ(peer.connections(), 2U);
}

TEST_F(SmtpTest, LanesDoNotShareConnections) {
  ScriptedPeer peer(serve({}));
  auto one = attempt(hop(peer));
  one.lane.site = "one";
  auto two = attempt(hop(peer));
  two.lane.site = "two";
  deliver(one);
  EXPECT_EQ(deliver(two).connection_use, 1U);
  EXPECT_EQ(deliver(one).connection_use, 2U);
  EXPECT_EQ(peer.connections(), 2U);
}

}  // namespace
}  // namespace postern::delivery
