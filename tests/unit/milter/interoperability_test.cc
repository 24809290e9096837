// The traps between MTAs and filters that operators met, one test each.
#include "core/mail/envelope_changes.h"
#include "core/milter/macros.h"
#include "core/milter/modification_parser.h"
#include "core/milter/packet_writer.h"
#include "core/mime/message_changes.h"
#include "tests/unit/milter/packets.h"

namespace postern::milter::testing {
namespace {

// What a filter's packets at the end of the message make of a header section that has our own
// Received above it.
std::string header_after(const std::vector<std::pair<char, std::string>>& packets,
                         std::string_view shown, Profile profile = profile_of()) {
  Dialogue dialogue = at_end_of_message(std::move(profile));
  for (const auto& [letter, data] : packets)
    EXPECT_TRUE(answer(dialogue, letter, data)) << letter;
  EXPECT_TRUE(answer(dialogue, 'c'));
  mime::HeaderList header(mime::HeaderSection::parse(shown));
  header.prepend_hidden("Received", "us");
  mime::apply(dialogue.take_modifications(), header);
  return header.to_string();
}

TEST(Interoperability, QueueIdIsSentAsSoonAsItIsKnown) {
  // Trap 1: undefined at MAIL, there from the first recipient on.
  std::optional<std::string> queue_id;
  const auto lookup = [&queue_id](std::string_view name) {
    return name == "i" ? queue_id : std::nullopt;
  };
  const Profile profile = profile_of();
  const MacroSets& sets = MacroSets::postfix_defaults();
  EXPECT_TRUE(expand_macros(macro_names(Stage::kMail, profile, sets), lookup).empty());
  queue_id = "4bN";
  for (const Stage stage : {Stage::kRcpt, Stage::kData, Stage::kHeader, Stage::kEndOfHeaders,
                            Stage::kBody, Stage::kEndOfMessage})
    EXPECT_EQ(expand_macros(macro_names(stage, profile, sets), lookup),
              (std::vector<MacroValue>{{"i", "4bN"}}))
        << to_string(stage);
}

TEST(Interoperability, UndefinedMacrosAreNotSent) {
  // Trap 2.
  PacketWriter writer;
  writer.macros(Command::kHelo,
                expand_macros(MacroSets::postfix_defaults().by_stage[1],
                              [](std::string_view) { return std::optional<std::string>(); }));
  EXPECT_EQ(writer.buffer(), wire('D', "H"));
}

TEST(Interoperability, ChangeIndexIsPerNameAndInsertIndexIsGlobal) {
  // Trap 3.
  EXPECT_EQ(header_after({{'m', word(1) + "Received\0changed\0"s}, {'i', word(1) + "X\0y\0"s}},
                         "A: 1\r\nReceived: other\r\n"),
            "Received: us\r\nX: y\r\nA: 1\r\nReceived: changed\r\n");
  EXPECT_EQ(header_after({{'i', word(0) + "X\0y\0"s}}, "A: 1\r\n"),
            "X: y\r\nReceived: us\r\nA: 1\r\n");
}

TEST(Interoperability, DeletionFromTheLastToTheFirst) {
  // Trap 4, CVE-2022-48521.
  EXPECT_EQ(header_after({{'m', word(3) + "A\0\0"s}, {'m', word(1) + "A\0\0"s}},
                         "A: 1\r\nA: 2\r\nA: 3\r\n"),
            "Received: us\r\nA: 2\r\n");
}

TEST(Interoperability, AnAddedHeaderNeverTakesADeletedOnesPlace) {
  // Trap 5.
  EXPECT_EQ(header_after({{'m', word(1) + "A\0\0"s}, {'h', "A\0new\0"s}}, "A: 1\r\nB: 2\r\n"),
            "Received: us\r\nB: 2\r\nA: new\r\n");
}

TEST(Interoperability, LeadingSpaceWithoutNegotiation) {
  // Trap 6: one space (no tab) is eaten on the way there and added on the way back.
  PacketWriter writer;
  writer.header("A", " one");
  writer.header("B", "  two");
  writer.header("C", "\ttab");
  writer.header("D", "none");
  writer.header("Message-ID", "\r\n <x@y>");
  EXPECT_EQ(writer.buffer(), wire('L', "A\0one\0"s) + wire('L', "B\0 two\0"s) +
                                 wire('L', "C\0\ttab\0"s) + wire('L', "D\0none\0"s) +
                                 wire('L', "Message-ID\0\n <x@y>\0"s));
  EXPECT_EQ(header_after({{'h', "A\0one\0"s}}, ""), "Received: us\r\nA: one\r\n");
}

TEST(Interoperability, LeadingSpaceWithNegotiation) {
  // Trap 6: octets as they are, there and back.
  PacketWriter writer;
  writer.set_keeps_leading_space(true);
  writer.header("A", " one");
  writer.header("D", "none");
  EXPECT_EQ(writer.buffer(), wire('L', "A\0 one\0"s) + wire('L', "D\0none\0"s));
  EXPECT_EQ(
      header_after({{'h', "A\0none\0"s}, {'h', "B\0 one\0"s}}, "", profile_of(Step::kLeadingSpace)),
      "Received: us\r\nA:none\r\nB: one\r\n");
}

TEST(Interoperability, DoubledPercentSigns) {
  // Trap 7.
  EXPECT_EQ(parse_reply_text("554 5.7.1 1% 2%% 3%%%")->lines().front(), "1 2% 3%");
  EXPECT_EQ(parse_reply_text("554 5.7.1 %s%n %%s")->lines().front(), "sn %s");
}

TEST(Interoperability, NewlinesInHeaderValuesAreLf) {
  // Trap 8.
  PacketWriter writer;
  writer.header("A", " one\r\n\ttwo\r\n three");
  EXPECT_EQ(writer.buffer(), wire('L', "A\0one\n\ttwo\n three\0"s));
  EXPECT_EQ(header_after({{'h', "A\0one\n\ttwo\n three\0"s}}, ""),
            "Received: us\r\nA: one\r\n\ttwo\r\n three\r\n");
}

TEST(Interoperability, AQuarantineReasonHasNoLineBreaks) {
  // Trap 8.
  Dialogue dialogue = at_end_of_message();
  ASSERT_TRUE(answer(dialogue, 'q', "bad\nthing\0"s));
  ASSERT_TRUE(answer(dialogue, 'c'));
  EXPECT_EQ(mail::quarantine_reason(dialogue.take_modifications()), "bad thing");
}

TEST(Interoperability, TheBodyIsSentApartFromItsEnd) {
  // Trap 9.
  PacketWriter writer;
  writer.body("x\r\n");
  writer.end_of_message();
  EXPECT_EQ(writer.buffer(), wire('B', "x\r\n") + wire('E'));
}

TEST(Interoperability, NothingBetweenTheChunksOfANewBody) {
  // Trap 9.
  Dialogue dialogue = at_end_of_message();
  ASSERT_TRUE(answer(dialogue, 'b', "one"));
  ASSERT_TRUE(answer(dialogue, 'p'));
  ASSERT_TRUE(answer(dialogue, 'b', "two"));
  ASSERT_TRUE(answer(dialogue, 'h', "A\0b\0"s));
  EXPECT_EQ(error_of(answer(dialogue, 'b', "three")),
            "milter mixes the chunks of a body with other requests");
  EXPECT_TRUE(dialogue.must_close());
}

TEST(Interoperability, EsmtpArgumentsOfFilters) {
  // Trap 10: what has no effect is noted, never an error.
  const auto change = parse_modification(
      ChangeReversePathRequest{"<a@b>", "RET=FULL ENVID=q SIZE=1 BODY=7BIT RET=bad"}, {});
  ASSERT_TRUE(change);
  EXPECT_EQ(change->ignored_parameters,
            (std::vector<std::string>{"SIZE=1", "BODY=7BIT", "RET=bad"}));
  const auto add =
      parse_modification(AddRecipientRequest{"<a@b>", "NOTIFY=NEVER RET=FULL", true}, {});
  ASSERT_TRUE(add);
  EXPECT_EQ(add->ignored_parameters, std::vector<std::string>{"RET=FULL"});
}

TEST(Interoperability, TheNullReversePath) {
  // Trap 11: "<>" in argv, an empty {mail_addr}.
  PacketWriter writer;
  writer.macros(Command::kMail, std::vector<MacroValue>{{"{mail_addr}", ""}});
  writer.mail("<>", {});
  EXPECT_EQ(writer.buffer(), wire('D', "M{mail_addr}\0\0"s) + wire('M', "<>\0"s));
}

TEST(Interoperability, RejectedRecipientsOnlyWhereNegotiated) {
  // Trap 12.
  EXPECT_FALSE(profile_of().wants_rejected_recipients());
  EXPECT_TRUE(profile_of(Step::kRejectedRcpt).wants_rejected_recipients());
  PacketWriter writer;
  writer.macros(Command::kRcpt, std::vector<MacroValue>{{"{rcpt_addr}", "User unknown"},
                                                        {"{rcpt_host}", "5.1.1"},
                                                        {"{rcpt_mailer}", "error"}});
  EXPECT_EQ(writer.buffer(), wire('D',
                                  "R{rcpt_addr}\0User unknown\0{rcpt_host}\0"s
                                  "5.1.1\0{rcpt_mailer}\0error\0"s));
}

TEST(Interoperability, NonSmtpMailComesFromLocalhost) {
  // Trap 13: as Postfix makes it up.
  PacketWriter writer;
  writer.connect("localhost", Family::kInet, 0, "127.0.0.1");
  EXPECT_EQ(writer.buffer(), wire('C',
                                  "localhost\0"s
                                  "4\0\0"s
                                  "127.0.0.1\0"s));
}

TEST(Interoperability, EndOfHeadersAndEndOfMessageHaveMacrosOfTheirOwn) {
  // Trap 15: the two numbers are crossed with the order of the events.
  const auto profile =
      negotiate(Offer::for_version(6), {6,
                                        Action::kSetMacroLists,
                                        {},
                                        {MacroList{MacroStage::kEndOfMessage, {"{eom}"}},
                                         MacroList{MacroStage::kEndOfHeaders, {"{eoh}"}}}});
  ASSERT_TRUE(profile);
  const MacroSets& sets = MacroSets::postfix_defaults();
  EXPECT_EQ(static_cast<int>(MacroStage::kEndOfMessage), 5);
  EXPECT_EQ(static_cast<int>(MacroStage::kEndOfHeaders), 6);
  EXPECT_EQ(macro_names(Stage::kEndOfHeaders, *profile, sets).front(), "{eoh}");
  EXPECT_EQ(macro_names(Stage::kEndOfMessage, *profile, sets).front(), "{eom}");
}

TEST(Interoperability, BdatIsShownAsOneData) {
  // Trap 17: one DATA in a message, whatever the client sent; a second one does not exist.
  Dialogue dialogue(profile_of());
  for (const Stage stage : {Stage::kMail, Stage::kRcpt, Stage::kData})
    ASSERT_TRUE(ask(dialogue, stage, 'c'));
  EXPECT_DEATH(dialogue.sent(Stage::kData), "");
}

TEST(Interoperability, SmtpUtf8Arguments) {
  // Trap 17: raw UTF-8, the address alone in argv[0].
  PacketWriter writer;
  writer.mail("<\u00fc@\u00fc.example>", std::vector<std::string>{"SMTPUTF8", "SIZE=1"});
  EXPECT_EQ(writer.buffer(), wire('M', "<\u00fc@\u00fc.example>\0SMTPUTF8\0SIZE=1\0"s));
  EXPECT_TRUE(parse_modification(AddRecipientRequest{"<\u00fc@\u00fc.example>", "", false}, {}));
}

TEST(Interoperability, AbortBetweenMessages) {
  // Trap 18: once after a message that did not reach its end, never after one that did.
  Dialogue dialogue(profile_of());
  EXPECT_FALSE(dialogue.needs_abort());
  ASSERT_TRUE(ask(dialogue, Stage::kMail, 'c'));
  EXPECT_TRUE(dialogue.needs_abort());
  dialogue.aborted();
  EXPECT_FALSE(dialogue.needs_abort());
  // Accepted early: the filter is in the middle of it, all the same.
  ASSERT_TRUE(ask(dialogue, Stage::kMail, 'a'));
  EXPECT_FALSE(dialogue.wants(Stage::kRcpt));
  EXPECT_TRUE(dialogue.needs_abort());
  dialogue.aborted();
  ASSERT_TRUE(ask(dialogue, Stage::kMail, 'c'));
  ASSERT_TRUE(ask(dialogue, Stage::kEndOfMessage, 'c'));
  EXPECT_FALSE(dialogue.needs_abort());
}

}  // namespace
}  // namespace postern::milter::testing
