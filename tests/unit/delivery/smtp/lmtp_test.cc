#include "tests/unit/delivery/smtp/smtp_fixture.h"

namespace postern::delivery {
namespace {

using mail::Outcome;
using postern::testing::PeerRules;
using postern::testing::ScriptedPeer;
using postern::testing::serve;
using postern::testing::SmtpTest;

class LmtpTest : public SmtpTest {
 protected:
  LmtpTest() {
    options_.is_lmtp = true;
    options_.service = "lmtp";
    options_.default_port = 24;
    rules_.is_lmtp = true;
  }
  PeerRules rules_;
};

TEST_F(LmtpTest, EachRecipientHasItsReplyAfterTheDot) {
  rules_.reply = [](const std::string& line) -> std::string {
    if (line == "RCPT TO:<r1@site.example>") return "550 5.1.1 unknown";
    if (line == ". 1") return "452 4.2.2 over quota";
    if (line == ". 2") return "550 5.7.1 no";
    return {};
  };
  ScriptedPeer peer(serve(rules_));
  const auto result = deliver(attempt(fmt::format("127.0.0.1:{}", peer.address().port()), 5));
  const auto& all = result.recipients;
  EXPECT_EQ(all[0].outcome, Outcome::kDelivered);
  EXPECT_EQ(all[0].diagnostic, "250 2.0.0 saved");
  EXPECT_EQ(all[1].status, "5.1.1");
  EXPECT_EQ(all[2].outcome, Outcome::kDeferred);
  EXPECT_EQ(all[2].status, "4.2.2");
  EXPECT_EQ(all[3].outcome, Outcome::kFailed);
  EXPECT_EQ(all[3].diagnostic,
            "host 127.0.0.1[127.0.0.1] said: 550 5.7.1 no (in reply to end of DATA command)");
  EXPECT_EQ(all[4].outcome, Outcome::kDelivered);
  EXPECT_EQ(rules_.seen->lines()[0], "LHLO client.example");
}

TEST_F(LmtpTest, UnixSocketAbsoluteAndBelowTheQueueDirectory) {
  postern::testing::TempDir directory;
  options_.unix_base = directory.path();
  const auto path = net::SocketAddress::unix_path(directory / "lmtp").value();
  ScriptedPeer peer({serve(rules_)}, path);
  const auto result = deliver(attempt("unix:" + directory / "lmtp"));
  EXPECT_EQ(result.recipients[0].outcome, Outcome::kDelivered);
  EXPECT_EQ(result.recipients[0].remote_mta, fmt::format("client.example[{}]", directory / "lmtp"));
  EXPECT_EQ(deliver(attempt("unix:lmtp")).recipients[0].outcome, Outcome::kDelivered);
  const auto missing = deliver(attempt("unix:nowhere")).recipients[0];
  EXPECT_EQ(missing.outcome, Outcome::kDeferred);
  EXPECT_EQ(missing.diagnostic,
            fmt::format("connect to client.example[{}]: No such file or directory",
                        directory / "nowhere"));
}

TEST_F(LmtpTest, Row206ConnectionLostBetweenReplies) {
  rules_.reply = [](const std::string& line) -> std::string {
    return line == ". 1" ? "!close" : "";
  };
  ScriptedPeer peer(serve(rules_));
  const auto all = deliver_to(peer, 3).recipients;
  EXPECT_EQ(all[0].outcome, Outcome::kDelivered);
  for (int i = 1; i < 3; ++i) {
    EXPECT_EQ(all[i].outcome, Outcome::kDeferred);
    EXPECT_EQ(all[i].diagnostic,
              "lost connection with 127.0.0.1[127.0.0.1] while sending end of data -- message may "
              "be sent more than once");
  }
}

TEST_F(LmtpTest, ServiceThatShutsDownBetweenReplies) {
  rules_.reply = [](const std::string& line) -> std::string {
    return line == ". 1" ? "421 4.3.2 bye" : "";
  };
  ScriptedPeer peer(serve(rules_));
  const auto all = deliver_to(peer, 3).recipients;
  EXPECT_EQ(all[0].outcome, Outcome::kDelivered);
  EXPECT_EQ(all[1].status, "4.3.2");
  EXPECT_EQ(all[2].status, "4.3.2");
}

TEST_F(LmtpTest, NoFinalDotWithoutRecipients) {
  rules_.reply = [](const std::string& line) -> std::string {
    if (line.starts_with("RCPT")) return "550 5.1.1 no";
    if (line == "DATA") return "354 go on";
    return {};
  };
  ScriptedPeer peer(serve(rules_));
  EXPECT_EQ(deliver_one(peer).status, "5.1.1");
  EXPECT_TRUE(rules_.seen->messages().empty());
}

TEST_F(LmtpTest, ConnectionIsUsedAgain) {
  ScriptedPeer peer(serve(rules_));
  for (unsigned use = 1; use <= 3; ++use)
    EXPECT_EQ(deliver_to(peer, 2).connection_use, use);
}

TEST_F(LmtpTest, ServerThatSpeaksOnlySmtpIsNotBelieved) {
  rules_.reply = [](const std::string& line) -> std::string {
    return line.starts_with("LHLO") ? "500 5.5.2 unrecognized" : "";
  };
  ScriptedPeer peer(serve(rules_));
  const auto result = deliver_one(peer);
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  EXPECT_EQ(rules_.seen->of("MAIL").size(), 0U);
}

}  // namespace
}  // namespace postern::delivery
