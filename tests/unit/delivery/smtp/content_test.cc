// The content on its way out: dots, line ends, lengths, 8-bit, SMTPUTF8, sizes, BDAT.
#include "tests/support/checkout.h"
#include "tests/unit/delivery/smtp/smtp_fixture.h"

namespace postern::delivery {
namespace {

using mail::Outcome;
using postern::testing::answering;
using postern::testing::FileLikeContent;
using postern::testing::PeerRules;
using postern::testing::PeerSession;
using postern::testing::ScriptedPeer;
using postern::testing::serve;
using postern::testing::SmtpTest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SmtpContent : public SmtpTest {
 protected:
  mail::RecipientResult send(const ScriptedPeer& peer, std::string content) {
    auto given = attempt(hop(peer));
    given.content = std::make_shared<mail::MemoryContent>(std::move(content));
    return deliver(given).recipients[0];
  }
  mail::RecipientResult send_file(const ScriptedPeer& peer, std::string content) {
    auto given = attempt(hop(peer));
    given.content = std::make_shared<FileLikeContent>(std::move(content));
    return deliver(given).recipients[0];
  }
};

// As a server takes it in.
std::string unstuffed(const std::string& wire) {
  std::string out;
  std::size_t at = 0;
  while (at < wire.size()) {
    const std::size_t end = wire.find("\r\n", at) + 2;
    std::string line = wire.substr(at, end - at);
    if (line == ".\r\n") break;
    if (line.starts_with('.')) line.erase(0, 1);
    out += line;
    at = end;
  }
  return out;
}

std::string large_message(std::size_t octets) {
  std::string out = "Subject: large\r\n\r\n";
  for (std::size_t i = 0; out.size() < octets; ++i)
    out += fmt::format("{}line {} of a large message\r\n", i % 7 == 0 ? "." : "", i);
  return out;
}

TEST_F(SmtpContent, Row020DotsArriveAsTheyWere) {
  const std::string content =
      "Subject: dots\r\n\r\n..\r\n.\r\n. x\r\n." + std::string(997, 'y') + "\r\nend\r\n";
  PeerRules rules;
  ScriptedPeer peer(serve(rules));
  EXPECT_EQ(send(peer, content).outcome, Outcome::kDelivered);
  EXPECT_EQ(unstuffed(rules.seen->messages().at(0)), content);
}

TEST_F(SmtpContent, Row016NothingEndsTheDataEarly) {
  for (const std::string& eod :
       {std::string("\n.\n"), std::string("\n.\r"), std::string("\r.\n"), std::string("\r.\r"),
        std::string("\n.\r\n"), std::string("\r\n.\n"), std::string("\r.\r\n"),
        std::string("\r\n.\r"), std::string("\r\n\0.\r\n", 6), std::string("\r\n.\0\r\n", 6),
        std::string("\r\n.\r\r\n"), std::string("\r\r\n.\r\r\n"), std::string("\r\n.\r\n")}) {
    PeerRules rules;
    ScriptedPeer peer(serve(rules));
    EXPECT_EQ(send(peer, "Subject: x\r\n\r\na" + eod + "MAIL FROM:<evil@example>\r\n").outcome,
              Outcome::kDelivered);
    const std::string wire = rules.seen->messages().at(0);
    EXPECT_TRUE(wire.ends_with("MAIL FROM:<evil@example>\r\n.\r\n"));
    for (std::size_t i = 0; i < wire.size(); ++i) {
      if (wire[i] == '\n') {
        EXPECT_EQ(wire[i - 1], '\r');
      }
      if (wire[i] == '\r') {
        EXPECT_EQ(wire[i + 1], '\n');
      }
    }
  }
}

TEST_F(SmtpContent, LongLinesAreFolded) {
  options_.line_length_limit = 50;
  for (const std::size_t length : {49U, 50U, 51U, 50'000U}) {
    PeerRules rules;
    ScriptedPeer peer(serve(rules));
    EXPECT_EQ(send(peer, "a: b\r\n\r\n" + std::string(length, 'x') + "\r\n").outcome,
              Outcome::kDelivered);
    const std::string wire = rules.seen->messages().at(0);
    std::size_t at = 0;
    while (at < wire.size()) {
      const std::size_t end = wire.find("\r\n", at);
      EXPECT_LE(end - at, 50U);
      at = end + 2;
    }
  }
}

TEST_F(SmtpContent, LargeAndEmptyAndFromFiles) {
  options_.content_piece_octets = 64 * 1024;
  for (const std::size_t size : {0U, 1U, 65'535U, 65'536U, 65'537U, 3'000'000U}) {
    const std::string content = size < 20 ? std::string(size, 'x') : large_message(size);
    PeerRules rules;
    ScriptedPeer peer(serve(rules));
    EXPECT_EQ(send(peer, content).outcome, Outcome::kDelivered) << size;
    EXPECT_EQ(send_file(peer, content).outcome, Outcome::kDelivered) << size;
    for (const std::string& wire : rules.seen->messages())
      EXPECT_EQ(unstuffed(wire), size == 1 ? "x\r\n" : content) << size;
    EXPECT_EQ(rules.seen->messages().size(), 2U);
  }
}

TEST_F(SmtpContent, ContentThatCanNotBeReadIsNotHalfDelivered) {
  options_.content_piece_octets = 64 * 1024;
  for (const bool chunks : {false, true}) {
    options_.use_chunking = chunks;
    transport_.reset();
    PeerRules rules;
    rules.extensions.push_back("CHUNKING");
    ScriptedPeer peer(serve(rules));
    auto given = attempt(hop(peer), 2);
    given.content = std::make_shared<FileLikeContent>(large_message(300'000), 150'000);
    for (const auto& each : deliver(given).recipients) {
      EXPECT_EQ(each.outcome, Outcome::kDeferred);
      EXPECT_EQ(each.status, "4.3.0");
      EXPECT_THAT(each.diagnostic, HasSubstr("planted failure"));
    }
    EXPECT_TRUE(rules.seen->messages().empty());
  }
}

TEST_F(SmtpContent, SizeLimitOfTheServer) {
  const std::string content = "a: b\r\n\r\n12\r\n";  // 12 octets
  for (const int limit : {11, 12, 13, 0}) {
    PeerRules rules;
    rules.extensions = {"PIPELINING", "SIZE " + std::to_string(limit)};
    ScriptedPeer peer(serve(rules));
    const auto result = send(peer, content);
    if (limit == 11) {
      EXPECT_EQ(result.outcome, Outcome::kFailed);
      EXPECT_EQ(result.status, "5.3.4");
      EXPECT_EQ(result.diagnostic,
                "message size 12 exceeds size limit 11 of server 127.0.0.1[127.0.0.1]");
      EXPECT_TRUE(rules.seen->of("MAIL").empty());
    } else {
      EXPECT_EQ(result.outcome, Outcome::kDelivered);
    }
  }
}

TEST_F(SmtpContent, EightBitIsAnnouncedOrEncoded) {
  const std::string content =
      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: 8bit\r\n\r\ncaf\xc3\xa9\r\n";
  for (const bool from_file : {false, true}) {
    for (const bool offers : {true, false}) {
      PeerRules rules;
      rules.extensions = {"PIPELINING"};
      if (offers) rules.extensions.push_back("8BITMIME");
      ScriptedPeer peer(serve(rules));
      auto given = attempt(hop(peer));
      auto envelope = std::make_shared<mail::Envelope>(*given.envelope);
      envelope->body = mail::BodyType::kEightBitMime;
      given.envelope = envelope;
      if (from_file)
        given.content = std::make_shared<FileLikeContent>(content);
      else
        given.content = std::make_shared<mail::MemoryContent>(content);
      EXPECT_EQ(deliver(given).recipients[0].outcome, Outcome::kDelivered);
      const std::string wire = rules.seen->messages().at(0);
      EXPECT_EQ(rules.seen->of("MAIL")[0].ends_with(" BODY=8BITMIME"), offers);
      if (offers) {
        EXPECT_EQ(unstuffed(wire), content);
      } else {
        EXPECT_THAT(wire, HasSubstr("Content-Transfer-Encoding: quoted-printable"));
        EXPECT_THAT(wire, HasSubstr("caf=C3=A9"));
      }
    }
  }
}

TEST_F(SmtpContent, ConversionIsOptionalAndBounded) {
  const std::string content = "a: b\r\n\r\ncaf\xc3\xa9\r\n";
  PeerRules rules;
  rules.extensions = {};
  ScriptedPeer peer(serve(rules));
  options_.convert_8bit = false;
  EXPECT_EQ(send(peer, content).outcome, Outcome::kDelivered);
  EXPECT_EQ(unstuffed(rules.seen->messages().at(0)), content);
  options_.convert_8bit = true;
  for (const std::uint64_t limit :
       {2 * content.size() - 1, 2 * content.size(), 2 * content.size() + 1}) {
    options_.convert_octets_limit = limit;
    transport_.reset();
    const auto result = send(peer, content);
    if (limit < 2 * content.size()) {
      EXPECT_EQ(result.outcome, Outcome::kDeferred);
      EXPECT_EQ(result.status, "4.3.1");
    } else {
      EXPECT_EQ(result.outcome, Outcome::kDelivered);
    }
  }
}

TEST_F(SmtpContent, EightBitThatMayNotBeEncodedFails) {
  PeerRules rules;
  rules.extensions = {};
  ScriptedPeer peer(serve(rules));
  const auto result = send(peer,
                           "MIME-Version: 1.0\r\nContent-Type: message/partial; id=a; number=1\r\n"
                           "\r\ncaf\xc3\xa9\r\n");
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  EXPECT_EQ(result.status, "5.6.3");
}

TEST_F(SmtpContent, Smtputf8WhereItIsNeeded) {
  for (const bool in_address : {true, false}) {
    for (const bool offers : {true, false}) {
      PeerRules rules;
      rules.extensions = {"PIPELINING", "8BITMIME"};
      if (offers) rules.extensions.push_back("SMTPUTF8");
      ScriptedPeer peer(serve(rules));
      auto given = attempt(hop(peer));
      auto envelope = std::make_shared<mail::Envelope>(*given.envelope);
      envelope->smtputf8 = true;
      if (in_address)
        envelope->recipients[0].forward_path = mail::Mailbox("j\xc3\xbcrgen", "site.example");
      else
        given.content = std::make_shared<FileLikeContent>("Subject: caf\xc3\xa9\r\n\r\nbody\r\n");
      given.envelope = envelope;
      const auto result = deliver(given).recipients[0];
      if (offers) {
        EXPECT_EQ(result.outcome, Outcome::kDelivered);
        EXPECT_THAT(rules.seen->of("MAIL")[0], HasSubstr(" SMTPUTF8"));
      } else {
        EXPECT_EQ(result.outcome, Outcome::kFailed);
        EXPECT_EQ(result.status, "5.6.7");
        EXPECT_EQ(result.diagnostic,
                  "SMTPUTF8 is required, but was not offered by host 127.0.0.1[127.0.0.1]");
      }
    }
  }
}

// RFC 6531 s3.1: a message that only might have needed it goes to everybody.
TEST_F(SmtpContent, Smtputf8WhereItIsNotNeeded) {
  PeerRules rules;
  rules.extensions = {"PIPELINING"};
  ScriptedPeer peer(serve(rules));
  auto given = attempt(hop(peer));
  auto envelope = std::make_shared<mail::Envelope>(*given.envelope);
  envelope->smtputf8 = true;
  given.envelope = envelope;
  EXPECT_EQ(deliver(given).recipients[0].outcome, Outcome::kDelivered);
}

TEST_F(SmtpContent, SmallChunkGoesWithTheEnvelope) {
  options_.use_chunking = true;
  std::atomic<bool> was_one_write = false;
  ScriptedPeer peer([&was_one_write](PeerSession& session) {
    session.say("220 peer");
    session.line();
    session.send("250-peer\r\n250-PIPELINING\r\n250 CHUNKING\r\n");
    session.line();
    session.line();
    was_one_write =
        session.line() == "BDAT 20 LAST" && session.octets(20) == "Subject: x\r\n\r\nbody\r\n";
    session.send("250 ok\r\n250 ok\r\n250 2.0.0 done\r\n");
    session.wait_for_end();
  });
  EXPECT_EQ(deliver_one(peer).outcome, Outcome::kDelivered);
  EXPECT_TRUE(was_one_write);
}

TEST_F(SmtpContent, LargeContentGoesInChunks) {
  options_.use_chunking = true;
  options_.content_piece_octets = 64 * 1024;
  const std::string content = large_message(300'000);
  for (const bool pipelines : {true, false}) {
    PeerRules rules;
    rules.extensions = {"CHUNKING", "DSN"};
    if (pipelines) rules.extensions.push_back("PIPELINING");
    ScriptedPeer peer(serve(rules));
    EXPECT_EQ(send_file(peer, content).outcome, Outcome::kDelivered);
    EXPECT_EQ(send(peer, content).outcome, Outcome::kDelivered);
    EXPECT_THAT(rules.seen->messages(), ElementsAre(content, content));
  }
}

TEST_F(SmtpContent, RefusedChunkIsTheResult) {
  options_.use_chunking = true;
  options_.content_piece_octets = 64 * 1024;
  PeerRules rules = answering("BDAT", "552 5.3.4 too large");
  rules.extensions.push_back("CHUNKING");
  ScriptedPeer peer(serve(rules));
  const auto result = send_file(peer, large_message(300'000));
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  EXPECT_EQ(result.status, "5.3.4");
  EXPECT_EQ(rules.seen->of("BDAT").size(), 1U);
}

TEST_F(SmtpContent, AllRecipientsRefusedBeforeAChunk) {
  options_.use_chunking = true;
  PeerRules rules = answering("RCPT", "550 5.1.1 no");
  rules.extensions.push_back("CHUNKING");
  ScriptedPeer peer(serve(rules));
  EXPECT_EQ(deliver_one(peer).status, "5.1.1");
  EXPECT_TRUE(rules.seen->messages().empty());
}

TEST_F(SmtpContent, BinarymimeGoesOctetForOctetOrNotAtAll) {
  const std::string content("a: b\r\n\r\n\n.\r\n\0\r.\n", 17);
  for (const bool offers : {true, false}) {
    PeerRules rules;
    rules.extensions = {"PIPELINING", "CHUNKING", "8BITMIME"};
    if (offers) rules.extensions.push_back("BINARYMIME");
    ScriptedPeer peer(serve(rules));
    auto given = attempt(hop(peer));
    auto envelope = std::make_shared<mail::Envelope>(*given.envelope);
    envelope->body = mail::BodyType::kBinaryMime;
    given.envelope = envelope;
    given.content = std::make_shared<mail::MemoryContent>(content);
    const auto result = deliver(given).recipients[0];
    EXPECT_EQ(result.outcome, offers ? Outcome::kDelivered : Outcome::kFailed);
    if (offers) {
      EXPECT_THAT(rules.seen->messages(), ElementsAre(content));
    }
  }
}

}  // namespace
}  // namespace postern::delivery
