#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "core/smtp/capabilities.h"
#include "core/smtp/client_commands.h"
#include "core/smtp/data_reader.h"
#include "core/smtp/data_writer.h"
#include "core/smtp/ehlo_reply.h"
#include "core/smtp/reply_parser.h"

namespace postern::smtp {
namespace {

using namespace std::string_literals;
using Status = ReplyParser::Status;

std::string written(std::string_view content, std::size_t step, DataWriterOptions options = {}) {
  DataWriter writer(options);
  std::string out;
  for (std::size_t at = 0; at < content.size(); at += step)
    writer.append(content.substr(at, step), out);
  writer.finish(out);
  return out;
}

TEST(DataWriter, Row020StuffsDots) {
  EXPECT_EQ(written("..\r\n.\r\n. x\r\n", 100), "...\r\n..\r\n.. x\r\n.\r\n");
  EXPECT_EQ(written("", 100), ".\r\n");
  EXPECT_EQ(written(".a", 1), "..a\r\n.\r\n");
  EXPECT_EQ(written(".\r\n", 1, {.stuff_dots = false}), ".\r\n");
}

TEST(DataWriter, Row016StrayLineEndsNeverReachTheWire) {
  for (const std::string& form :
       {"\n.\n"s, "\n.\r"s, "\r.\n"s, "\r.\r"s, "\n.\r\n"s, "\r\n.\n"s, "\r.\r\n"s, "\r\n.\r"s,
        "\r\n\0.\r\n"s, "\r\n.\0\r\n"s, "\r\n.\r\r\n"s, "\r\r\n.\r\r\n"s}) {
    const std::string content = "first" + form + "MAIL FROM:<a@b>\r\n";
    const std::string whole = written(content, content.size());
    for (std::size_t step = 1; step < content.size(); ++step)
      ASSERT_EQ(written(content, step), whole);
    std::string octets;
    StringSink sink(octets);
    DataReader reader;
    std::string_view input = whole;
    ASSERT_TRUE(reader.feed(input, sink));
    EXPECT_TRUE(input.empty());
    EXPECT_EQ(reader.verdict(), DataVerdict::kClean);
  }
}

TEST(DataWriter, FoldsLongLinesAsPostfixDoes) {
  EXPECT_EQ(written(std::string(998, 'a') + "\r\n", 5000), std::string(998, 'a') + "\r\n.\r\n");
  EXPECT_EQ(written(std::string(999, 'a') + "\r\n", 5000),
            std::string(998, 'a') + "\r\n a\r\n.\r\n");
  const std::string million(1'000'000, 'a');
  const std::string out = written(million, 4096);
  for (std::size_t at = 0, next = 0; (next = out.find('\n', at)) != std::string::npos;
       at = next + 1)
    ASSERT_LE(next - at, 999u);
  EXPECT_EQ(written(million + "\r\n", 999, {.line_length_limit = 0}), million + "\r\n.\r\n");
}

TEST(DataWriter, ReaderGivesBackWhatWriterGot) {
  std::mt19937 random(7);
  for (int round = 0; round < 5000; ++round) {
    std::string content;
    for (unsigned lines = random() % 8; lines > 0; --lines) {
      for (unsigned n = random() % 6; n > 0; --n)
        content += ".a\0 "[random() % 4];
      content += "\r\n";
    }
    const std::string wire = written(content, 1 + random() % 9);
    std::string octets;
    StringSink sink(octets);
    DataReader reader;
    std::string_view input = wire;
    ASSERT_TRUE(reader.feed(input, sink));
    ASSERT_TRUE(input.empty());
    ASSERT_EQ(octets, content);
    ASSERT_EQ(reader.verdict(), DataVerdict::kClean);
  }
}

TEST(ReplyParser, ReadsRepliesWhateverThePieces) {
  const std::string wire =
      "220 hi\r\n250-a\r\n250-SIZE 1\r\n250 DSN\r\n550-5.1.1 no\r\n550 5.1.1 such user\r\n354\r\n";
  for (std::size_t step = 1; step < wire.size(); ++step) {
    ReplyParser parser;
    std::vector<std::string> seen;
    for (std::size_t at = 0; at < wire.size(); at += step) {
      std::string_view piece = std::string_view(wire).substr(at, step);
      while (!piece.empty())
        if (parser.feed(piece) == Status::kReply) seen.push_back(parser.reply().to_log());
    }
    ASSERT_EQ(seen, (std::vector<std::string>{"220 hi", "250 a; SIZE 1; DSN",
                                              "550 5.1.1 no; such user", "354 "}));
    EXPECT_TRUE(parser.is_idle());
  }
}

ReplyFault fault_of(std::string_view wire) {
  ReplyParser parser;
  while (!wire.empty())
    if (parser.feed(wire) == Status::kFault) break;
  return parser.fault();
}

TEST(ReplyParser, Row205BrokenServersAreBounded) {
  for (const std::string& wire : {"hello\r\n"s, "199 x\r\n"s, "600 x\r\n"s, "25 x\r\n"s,
                                  "250x\r\n"s, "\r\n"s, "2 0 x\r\n"s, "-250 x\r\n"s, "2500 x\r\n"s})
    EXPECT_EQ(fault_of(wire), ReplyFault::kBadCode) << wire;
  EXPECT_EQ(fault_of("250-a\r\n550 b\r\n"), ReplyFault::kInconsistentCode);
  EXPECT_EQ(fault_of("250 a\0b\r\n"s), ReplyFault::kNul);
  std::string many;
  for (int i = 0; i < 10'000; ++i)
    many += "250-x\r\n";
  EXPECT_EQ(fault_of(many), ReplyFault::kTooManyLines);
  EXPECT_EQ(fault_of("250 " + std::string(4'000'000, 'x')), ReplyFault::kTooLong);
  EXPECT_EQ(fault_of("250 " + std::string(65'530, 'x') + "\r\n"), ReplyFault::kNone);
  EXPECT_EQ(fault_of("250 " + std::string(65'531, 'x') + "\r\n"), ReplyFault::kTooLong);
}

TEST(ReplyParser, LineCountLimitIsExact) {
  const auto reply = [](int lines) {
    std::string wire;
    for (int i = 1; i < lines; ++i)
      wire += "250-x\r\n";
    return wire + "250 x\r\n";
  };
  EXPECT_EQ(fault_of(reply(99)), ReplyFault::kNone);
  EXPECT_EQ(fault_of(reply(100)), ReplyFault::kNone);
  EXPECT_EQ(fault_of(reply(101)), ReplyFault::kTooManyLines);
}

TEST(ReplyParser, EnhancedStatusMustAgreeWithTheCode) {
  ReplyParser parser;
  std::string_view input = "450 5.1.1 x\r\n";
  ASSERT_EQ(parser.feed(input), Status::kReply);
  EXPECT_FALSE(parser.reply().status());
  EXPECT_EQ(parser.reply().lines().front(), "5.1.1 x");
  input = "250 2.0.0\r\n";
  ASSERT_EQ(parser.feed(input), Status::kReply);
  EXPECT_EQ(parser.reply().status()->to_string(), "2.0.0");
}

TEST(Capabilities, OfferIsUnderstood) {
  OfferedExtensions offer{.hostname = "mx.example",
                          .max_size = 5000,
                          .starttls = true,
                          .auth_mechanisms = {"PLAIN", "LOGIN"},
                          .xforward = true};
  std::string wire;
  build_ehlo_reply(offer).append_to(wire);
  ReplyParser parser;
  std::string_view input = wire;
  ASSERT_EQ(parser.feed(input), Status::kReply);
  const auto peer = parse_capabilities(parser.reply());
  EXPECT_EQ(peer.name, "mx.example");
  EXPECT_TRUE(peer.pipelining && peer.eight_bit_mime && peer.size && peer.dsn && peer.smtputf8 &&
              peer.chunking && peer.starttls && peer.enhanced_status_codes);
  EXPECT_FALSE(peer.binary_mime);
  EXPECT_EQ(peer.max_size, 5000u);
  EXPECT_EQ(peer.auth_mechanisms, (std::vector<std::string>{"PLAIN", "LOGIN"}));
  EXPECT_EQ(peer.xforward_attributes.size(), 7u);

  const std::vector<std::string> discard{"starttls", "CHUNKING", "silent-discard"};
  EXPECT_FALSE(parse_capabilities(parser.reply(), discard).starttls);
  discard_keywords(offer, discard);
  wire.clear();
  build_ehlo_reply(offer).append_to(wire);
  EXPECT_EQ(wire.find("STARTTLS"), std::string::npos);
  EXPECT_EQ(wire.find("CHUNKING"), std::string::npos);
}

TEST(Capabilities, MalformedLinesAreSkipped) {
  const mail::Reply reply(250, std::nullopt,
                          std::vector<std::string>{"mx.example Hello", "", " ", "SIZE x", "size 0",
                                                   "AUTH=LOGIN", "auth login plain"});
  const auto peer = parse_capabilities(reply);
  EXPECT_EQ(peer.name, "mx.example");
  EXPECT_TRUE(peer.size);
  EXPECT_FALSE(peer.max_size);
  EXPECT_EQ(peer.auth_mechanisms, (std::vector<std::string>{"LOGIN", "PLAIN"}));
}

TEST(ClientCommands, OnlyWhatThePeerTakes) {
  mail::Envelope envelope;
  envelope.reverse_path = mail::Mailbox("a b", "x.example");
  envelope.ret = mail::DsnReturn::kFull;
  envelope.envid = "q=1";
  const OutgoingMessage message{
      .size = 10, .body = mail::BodyType::kEightBitMime, .needs_smtputf8 = true};
  mail::Recipient recipient{.forward_path = mail::Mailbox("u", "y.example"),
                            .original_recipient = "",
                            .orcpt = "rfc822;u+v@y.example",
                            .notify = mail::DsnNotify::kSuccess | mail::DsnNotify::kFailure};
  EXPECT_EQ(mail_line(envelope, message, {}), "MAIL FROM:<\"a b\"@x.example>\r\n");
  EXPECT_EQ(rcpt_line(recipient, {}), "RCPT TO:<u@y.example>\r\n");
  Capabilities peer;
  peer.size = peer.eight_bit_mime = peer.smtputf8 = peer.dsn = true;
  EXPECT_EQ(
      mail_line(envelope, message, peer),
      "MAIL FROM:<\"a b\"@x.example> SIZE=10 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=q+3D1\r\n");
  EXPECT_EQ(rcpt_line(recipient, peer),
            "RCPT TO:<u@y.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;u+2Bv@y.example\r\n");
  EXPECT_EQ(bdat_line(5, true), "BDAT 5 LAST\r\n");
  EXPECT_EQ(mail_line({}, {}, peer), "MAIL FROM:<>\r\n");
}

}  // namespace
}  // namespace postern::smtp
