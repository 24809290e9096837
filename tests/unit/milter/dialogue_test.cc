#include "core/milter/dialogue.h"

#include "tests/unit/milter/packets.h"

namespace postern::milter::testing {
namespace {

constexpr Stage kStagesInOrder[] = {Stage::kConnect,      Stage::kHelo, Stage::kMail,
                                    Stage::kRcpt,         Stage::kData, Stage::kHeader,
                                    Stage::kEndOfHeaders, Stage::kBody, Stage::kEndOfMessage};

// All stages before `last` answered with "continue".
Dialogue before(Stage last, Profile profile = profile_of()) {
  Dialogue out(std::move(profile));
  for (const Stage stage : kStagesInOrder) {
    if (stage == last) break;
    EXPECT_TRUE(ask(out, stage, 'c'));
  }
  return out;
}

TEST(Dialogue, AMessageThatIsLetPass) {
  Dialogue dialogue = before(Stage::kEndOfMessage);
  EXPECT_TRUE(dialogue.needs_abort());
  const auto answer = ask(dialogue, Stage::kEndOfMessage, 'c');
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->stage, Stage::kEndOfMessage);
  EXPECT_FALSE(dialogue.needs_abort());
  EXPECT_FALSE(dialogue.is_waiting());
  // The next message of the session.
  EXPECT_TRUE(ask(dialogue, Stage::kMail, 'c'));
}

TEST(Dialogue, Row031AndRow217WhatEachVerdictEnds) {
  for (const Stage stage : kStagesInOrder) {
    for (const char letter : "artd") {
      if (letter == '\0') continue;
      const bool is_session = stage == Stage::kConnect || stage == Stage::kHelo;
      if (is_session && letter == 'd') continue;
      Dialogue dialogue = before(stage);
      ASSERT_TRUE(ask(dialogue, stage, letter)) << to_string(stage) << letter;
      EXPECT_EQ(dialogue.is_done(), is_session) << to_string(stage) << letter;
      if (is_session) {
        EXPECT_FALSE(dialogue.wants(Stage::kMail));
        continue;
      }
      const bool only_recipient = stage == Stage::kRcpt && (letter == 'r' || letter == 't');
      if (stage != Stage::kEndOfMessage) {
        EXPECT_TRUE(dialogue.needs_abort());
        EXPECT_EQ(dialogue.wants(Stage::kEndOfMessage), only_recipient)
            << to_string(stage) << letter;
        dialogue.aborted();
      }
      // A verdict on one message does not leak into the next.
      EXPECT_TRUE(dialogue.wants(Stage::kMail));
      EXPECT_TRUE(ask(dialogue, Stage::kMail, 'c'));
      EXPECT_TRUE(dialogue.wants(Stage::kRcpt));
    }
  }
}

TEST(Dialogue, ShutdownAndConnectionFailCloseAtEveryStage) {
  for (const Stage stage : kStagesInOrder)
    for (const char letter : {'4', 'f'}) {
      Dialogue dialogue = before(stage);
      EXPECT_TRUE(ask(dialogue, stage, letter));
      EXPECT_TRUE(dialogue.must_close());
      EXPECT_FALSE(dialogue.wants(Stage::kMail));
    }
}

TEST(Dialogue, Row211TwoReplies) {
  for (const Stage stage : kStagesInOrder) {
    Dialogue dialogue = before(stage);
    ASSERT_TRUE(ask(dialogue, stage, 'c'));
    const auto second = answer(dialogue, 'c');
    EXPECT_EQ(error_of(second), "milter sends a reply where none is due");
    EXPECT_TRUE(dialogue.must_close());
    EXPECT_EQ(answer(dialogue, 'c').error().kind, ErrorKind::kClosed);
  }
}

TEST(Dialogue, Row211RepliesAtTheWrongStage) {
  const std::pair<char, std::string> modifications[] = {
      {'h', "N\0v\0"s},  {'i', word(1) + "N\0v\0"s}, {'m', word(1) + "N\0v\0"s},
      {'b', "x"},        {'+', "<a@b>\0"s},          {'2', "<a@b>\0"s},
      {'-', "<a@b>\0"s}, {'e', "<a@b>\0"s},          {'q', "why\0"s}};
  for (const Stage stage : kStagesInOrder) {
    for (const auto& [letter, data] : modifications) {
      Dialogue dialogue = before(stage);
      EXPECT_EQ(ask(dialogue, stage, letter, data).has_value(), stage == Stage::kEndOfMessage)
          << to_string(stage) << letter;
    }
    Dialogue negotiating = before(stage);
    EXPECT_FALSE(ask(negotiating, stage, 'O', word(6) + word(0) + word(0)));
    Dialogue listing = before(stage);
    EXPECT_FALSE(ask(listing, stage, 'l', word(0) + "i\0"s));
  }
  for (const Stage stage : {Stage::kConnect, Stage::kHelo}) {
    Dialogue dialogue = before(stage);
    EXPECT_EQ(error_of(ask(dialogue, stage, 'd')),
              fmt::format("milter answers {} with \"discard\"", to_string(stage)));
  }
}

TEST(Dialogue, SkipWhereItWasNegotiatedAndThereIsMore) {
  for (const Stage stage : kStagesInOrder) {
    Dialogue without = before(stage);
    EXPECT_FALSE(ask(without, stage, 's')) << to_string(stage);
    Dialogue with = before(stage, profile_of(Step::kSkip));
    const bool is_repeated =
        stage == Stage::kRcpt || stage == Stage::kHeader || stage == Stage::kBody;
    EXPECT_EQ(ask(with, stage, 's').has_value(), is_repeated) << to_string(stage);
    if (!is_repeated) continue;
    EXPECT_FALSE(with.wants(stage));
    EXPECT_TRUE(ask(with, Stage::kEndOfMessage, 'c'));
    EXPECT_TRUE(with.wants(stage));
  }
}

TEST(Dialogue, ModificationsCountOnlyOnceTheFinalReplyHasCome) {
  for (const char verdict : {'c', 'a', 'r', 't', 'd', '4', 'f'}) {
    Dialogue dialogue = at_end_of_message();
    const auto added = answer(dialogue, 'h', "N\0v\0"s);
    ASSERT_TRUE(added);
    EXPECT_EQ(added->kind, Answer::Kind::kModification);
    EXPECT_TRUE(dialogue.take_modifications().empty());
    ASSERT_TRUE(answer(dialogue, verdict));
    EXPECT_EQ(dialogue.take_modifications().size(), verdict == 'c' || verdict == 'a' ? 1u : 0u);
    EXPECT_TRUE(dialogue.take_modifications().empty());
  }
}

TEST(Dialogue, Row214HalfOfTheModificationsThenNothing) {
  Dialogue dialogue = at_end_of_message();
  ASSERT_TRUE(answer(dialogue, 'b', "half of"));
  ASSERT_TRUE(answer(dialogue, '+', "<a@b>\0"s));
  dialogue.give_up();
  EXPECT_TRUE(dialogue.take_modifications().empty());
  EXPECT_TRUE(dialogue.must_close());
  EXPECT_FALSE(dialogue.needs_abort());

  Dialogue wrong = at_end_of_message();
  ASSERT_TRUE(answer(wrong, 'h', "N\0v\0"s));
  EXPECT_FALSE(answer(wrong, '-', "no address\0"s));
  EXPECT_TRUE(wrong.take_modifications().empty());
}

TEST(Dialogue, Row215EndlessProgress) {
  for (const std::size_t count : {2u, 3u, 4u, 3000u}) {
    Dialogue dialogue = at_end_of_message(profile_of(), {.max_progress = 3, .modifications = {}});
    Result<Answer> last = Answer{};
    for (std::size_t i = 0; i < count && last; ++i)
      last = answer(dialogue, 'p');
    EXPECT_EQ(last.has_value(), count <= 3) << count;
    if (last) {
      EXPECT_EQ(last->kind, Answer::Kind::kProgress);
    }
    EXPECT_EQ(dialogue.must_close(), count > 3);
  }
  // The count is for one command.
  Dialogue dialogue(profile_of(), {.max_progress = 1, .modifications = {}});
  for (const Stage stage : kStagesInOrder) {
    dialogue.sent(stage);
    ASSERT_TRUE(answer(dialogue, 'p'));
    ASSERT_TRUE(answer(dialogue, 'c'));
  }
}

TEST(Dialogue, NoReplyStagesAreNotWaitedFor) {
  const Profile profile = profile_of(Steps::from_word(0xFF080));
  Dialogue dialogue(profile);
  for (const Stage stage : kStagesInOrder) {
    dialogue.sent(stage);
    EXPECT_EQ(dialogue.is_waiting(), stage == Stage::kEndOfMessage);
  }
  EXPECT_TRUE(answer(dialogue, 'c'));
}

TEST(Dialogue, HeaderFieldsOnTheirWayTogether) {
  Dialogue dialogue = before(Stage::kHeader);
  for (int i = 0; i < 3; ++i)
    dialogue.sent(Stage::kHeader);
  dialogue.sent(Stage::kEndOfHeaders);
  EXPECT_EQ(dialogue.outstanding(), 4u);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(answer(dialogue, 'c')->stage, Stage::kHeader);
  EXPECT_EQ(answer(dialogue, 'c')->stage, Stage::kEndOfHeaders);
  EXPECT_TRUE(ask(dialogue, Stage::kEndOfMessage, 'c'));
  EXPECT_FALSE(dialogue.must_close());
}

TEST(Dialogue, AVerdictWithCommandsBehindItCostsTheConnection) {
  Dialogue dialogue = before(Stage::kHeader);
  dialogue.sent(Stage::kHeader);
  dialogue.sent(Stage::kHeader);
  const auto verdict = answer(dialogue, 'r');
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->verdict.kind, VerdictKind::kReject);
  EXPECT_TRUE(dialogue.must_close());
  EXPECT_FALSE(dialogue.is_waiting());
}

TEST(Dialogue, UnknownCommands) {
  for (const char letter : {'c', 'r', 't', 'a'}) {
    Dialogue outside = before(Stage::kMail);
    EXPECT_TRUE(ask(outside, Stage::kUnknown, letter));
    EXPECT_TRUE(outside.wants(Stage::kMail));
    EXPECT_FALSE(outside.needs_abort());
  }
  Dialogue outside = before(Stage::kMail);
  EXPECT_FALSE(ask(outside, Stage::kUnknown, 'd'));
  Dialogue inside = before(Stage::kRcpt);
  EXPECT_TRUE(ask(inside, Stage::kUnknown, 'r'));
  EXPECT_TRUE(inside.wants(Stage::kRcpt));
}

TEST(Dialogue, QuitNewConnectionStartsAnew) {
  for (const char letter : "catrd") {
    if (letter == '\0') continue;
    Dialogue dialogue = at_end_of_message();
    EXPECT_FALSE(dialogue.may_restart());
    ASSERT_TRUE(answer(dialogue, letter));
    EXPECT_EQ(dialogue.may_restart(), letter == 'c');
    if (letter != 'c') continue;
    dialogue.restart();
    EXPECT_FALSE(dialogue.may_restart());
    for (const Stage stage : kStagesInOrder)
      EXPECT_TRUE(ask(dialogue, stage, 'c'));
  }
}

TEST(Dialogue, AnAbortThatLeavesAnAnswerDueCostsTheConnection) {
  Dialogue dialogue = before(Stage::kMail);
  dialogue.sent(Stage::kMail);
  dialogue.aborted();
  EXPECT_TRUE(dialogue.must_close());
}

TEST(DialogueDeathTest, CommandsOutOfOrderAreOurOwnFault) {
  Dialogue dialogue = before(Stage::kHeader);
  EXPECT_DEATH(dialogue.sent(Stage::kMail), "");
  EXPECT_DEATH(dialogue.sent(Stage::kRcpt), "");
}

}  // namespace
}  // namespace postern::milter::testing
