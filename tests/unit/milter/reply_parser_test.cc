#include "core/milter/reply_parser.h"

#include "tests/unit/milter/packets.h"

namespace postern::milter::testing {
namespace {

template <typename Request>
Request request_of(const Result<Reply>& reply) {
  EXPECT_TRUE(reply) << error_of(reply);
  return std::get<Request>(std::get<Modify>(reply.value()));
}

TEST(ReplyParser, Verdicts) {
  const std::pair<char, VerdictKind> rows[] = {
      {'c', VerdictKind::kContinue}, {'a', VerdictKind::kAccept},
      {'d', VerdictKind::kDiscard},  {'r', VerdictKind::kReject},
      {'t', VerdictKind::kTempfail}, {'s', VerdictKind::kSkip},
      {'4', VerdictKind::kShutdown}, {'f', VerdictKind::kConnectionFail}};
  for (const auto& [letter, kind] : rows) {
    const auto reply = parse(letter);
    ASSERT_TRUE(reply) << letter;
    EXPECT_EQ(std::get<Verdict>(*reply).kind, kind);
    EXPECT_FALSE(parse(letter, "x")) << letter;
  }
  EXPECT_TRUE(std::holds_alternative<Progress>(*parse('p')));
}

TEST(ReplyParser, Modifications) {
  EXPECT_EQ(request_of<AddHeaderRequest>(parse('h', "N\0v\0"s)).value, "v");
  const auto insert = request_of<InsertHeaderRequest>(parse('i', word(3) + "N\0 v\0"s));
  EXPECT_EQ(insert.index, 3u);
  EXPECT_EQ(insert.value, " v");
  const auto change = request_of<ChangeHeaderRequest>(parse('m', word(2) + "N\0\0"s));
  EXPECT_EQ(change.nth, 2u);
  EXPECT_EQ(change.value, "");
  EXPECT_EQ(request_of<AddRecipientRequest>(parse('+', "<a@b>\0"s)).path, "<a@b>");
  const auto add = request_of<AddRecipientRequest>(parse('2', "<a@b>\0NOTIFY=NEVER\0"s));
  EXPECT_EQ(add.arguments, "NOTIFY=NEVER");
  EXPECT_TRUE(add.is_with_arguments);
  EXPECT_EQ(request_of<DeleteRecipientRequest>(parse('-', "<a@b>\0"s)).path, "<a@b>");
  EXPECT_EQ(request_of<ChangeReversePathRequest>(parse('e', "<>\0"s)).arguments, "");
  EXPECT_EQ(request_of<ChangeReversePathRequest>(parse('e', "<>\0RET=FULL\0"s)).arguments,
            "RET=FULL");
  EXPECT_EQ(request_of<ReplaceBodyChunk>(parse('b', "a\0b"s)).octets, "a\0b"s);
  EXPECT_EQ(request_of<QuarantineRequest>(parse('q', "why\0"s)).reason, "why");
}

TEST(ReplyParser, NegotiationWithMacroLists) {
  const auto reply =
      parse('O', word(6) + word(0x11) + word(0x100000) + word(2) + "i, {x}\0"s + word(6) + "\0"s);
  ASSERT_TRUE(reply) << error_of(reply);
  const auto& answer = std::get<NegotiationAnswer>(*reply);
  EXPECT_EQ(answer.version, 6u);
  ASSERT_EQ(answer.macro_lists.size(), 2u);
  EXPECT_EQ(answer.macro_lists[0].names, (std::vector<std::string>{"i", "{x}"}));
  EXPECT_TRUE(answer.macro_lists[1].names.empty());
  const auto alone = parse('l', word(0) + "j\0"s);
  ASSERT_TRUE(alone);
  EXPECT_EQ(std::get<MacroList>(*alone).stage, MacroStage::kConnect);
}

TEST(ReplyParser, Row211HostilePackets) {
  const std::pair<char, std::string> rows[] = {
      {'Z', ""},
      {'\0', ""},
      {'h', ""},
      {'h', "name"},
      {'h', "name\0value"s},
      {'h', "name\0value\0x"s},
      {'i', "\0\0\0"s},
      {'i', word(1) + "name\0value"s},
      {'m', word(1)},
      {'m', word(1) + "n\0v\0trailing"s},
      {'+', "<a@b>"},
      {'+', "<a@b>\0NOTIFY=NEVER\0"s},
      {'2', "<a@b>\0x"s},
      {'2', "<a@b>\0x\0y\0"s},
      {'-', ""},
      {'e', ""},
      {'e', "<a@b>\0x"s},
      {'q', "no end"},
      {'l', word(7) + "i\0"s},
      {'l', "\0"s},
      {'O', word(6) + word(1)},
      {'O', word(6) + word(1) + word(1) + "\0"s},
      {'O', word(6) + word(1) + word(1) + word(99) + "i\0"s},
      {'O', word(6) + word(1) + word(1) + word(1) + "i\0"s + word(1) + "j\0"s},
  };
  for (const auto& [letter, data] : rows) {
    const auto reply = parse(letter, data);
    ASSERT_FALSE(reply) << letter << data;
    EXPECT_EQ(reply.error().kind, ErrorKind::kInvalid);
    EXPECT_NE(reply.error().context.find("milter reply"), std::string::npos);
  }
}

TEST(ReplyParser, MacroNamesAreBounded) {
  for (const std::size_t count : {1u, 2u, 3u, 3000u}) {
    std::string list;
    for (std::size_t i = 0; i < count; ++i)
      list += "i ";
    EXPECT_EQ(parse('l', word(0) + list + '\0', {.max_macro_names = 2}).has_value(), count <= 2);
  }
}

TEST(ReplyParser, Row212AMalformedReplyCodeRefusesAllTheSame) {
  const std::pair<std::string, VerdictKind> rows[] = {
      {"", VerdictKind::kReject},
      {"5\0"s, VerdictKind::kReject},
      {"999 x\0"s, VerdictKind::kReject},
      {"250 2.0.0 Ok\0"s, VerdictKind::kReject},
      {"550 5.7.1 no NUL", VerdictKind::kReject},
      {"450 4.7.1 no NUL", VerdictKind::kTempfail},
      {"550 5.7.1 two\0strings\0"s, VerdictKind::kReject},
      {"450-4.7.1 one\r\n550 5.7.1 two\0"s, VerdictKind::kTempfail},
      {"550 " + std::string(65'000, 'x') + '\0', VerdictKind::kReject},
  };
  for (const auto& [data, kind] : rows) {
    const auto reply = parse('y', data);
    ASSERT_TRUE(reply) << data;
    const auto& verdict = std::get<Verdict>(*reply);
    EXPECT_EQ(verdict.kind, kind) << data;
    EXPECT_FALSE(verdict.reply);
    EXPECT_NE(verdict.fault, "");
  }
  const auto forged = parse('y', "550 5.7.1 a\rb\0"s);
  ASSERT_TRUE(forged);
  EXPECT_EQ(std::get<Verdict>(*forged).reply->to_log(), "550 5.7.1 a?b");
}

TEST(ReplyText, OneLine) {
  const auto reply = parse_reply_text("550 5.7.1 Not wanted");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->to_log(), "550 5.7.1 Not wanted");
  EXPECT_EQ(parse_reply_text("502 Ok")->to_log(), "502 Ok");
  EXPECT_EQ(parse_reply_text("421")->code(), 421);
  // A status of another class is text.
  EXPECT_FALSE(parse_reply_text("450 5.7.1 x")->status());
}

TEST(ReplyText, SeveralLines) {
  const auto reply = parse_reply_text("550-5.7.1 one\r\n550-5.7.1 two\r\n550 5.7.1 three");
  ASSERT_TRUE(reply) << error_of(reply);
  std::string wire_form;
  reply->append_to(wire_form);
  EXPECT_EQ(wire_form, "550-5.7.1 one\r\n550-5.7.1 two\r\n550 5.7.1 three\r\n");
}

TEST(ReplyText, WhatIsNoReplyIsRefused) {
  for (const std::string_view text :
       {"", "55", "250 2.0.0 Ok", "354 go on", "600 x", "550x", "abc def", "550-5.7.1 open",
        "550-5.7.1 one\r\n551 5.7.1 two", "550 5.7.1 one\r\n550 5.7.1 two", "550-a\r\n\r\n550 b",
        "550-a\r\nb"})
    EXPECT_FALSE(parse_reply_text(text)) << text;
}

TEST(ReplyText, LinesAreBoundedInNumberAndLength) {
  for (const std::size_t count : {31u, 32u, 33u, 32'000u}) {
    std::string text;
    for (std::size_t i = 1; i < count; ++i)
      text += "450-x\r\n";
    text += "450 x";
    EXPECT_EQ(parse_reply_text(text).has_value(), count <= 32) << count;
  }
  for (const std::size_t octets : {19u, 20u, 21u, 20'000u}) {
    const std::string text = "450 " + std::string(octets - 4, 'x');
    EXPECT_EQ(parse_reply_text(text, {.max_reply_line_octets = 20}).has_value(), octets <= 20);
  }
}

}  // namespace
}  // namespace postern::milter::testing
