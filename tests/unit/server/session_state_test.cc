// The state table against a model that was written from the RFCs in another form: one question a
// command, no table.
#include "core/server/session_state.h"

#include <gtest/gtest.h>

#include <random>

#include "core/smtp/command_parser.h"

namespace postern::server {
namespace {

using smtp::Verb;

constexpr Verb kCommands[] = {Verb::kHelo, Verb::kEhlo,     Verb::kLhlo, Verb::kMail,   Verb::kRcpt,
                              Verb::kData, Verb::kBdat,     Verb::kRset, Verb::kNoop,   Verb::kQuit,
                              Verb::kVrfy, Verb::kStartTls, Verb::kAuth, Verb::kXclient};

// What a client and a server both know of a session, in words.
struct Model {
  SessionRules rules;
  bool greeted = false, tls = false;
  bool mail = false, recipient = false, refused_recipient = false, chunk = false;

  void forget() { mail = recipient = refused_recipient = chunk = false; }

  bool allows(Verb verb) const {
    const bool hello = verb == Verb::kHelo || verb == Verb::kEhlo || verb == Verb::kLhlo;
    if (hello) return (verb == Verb::kLhlo) == rules.is_lmtp;
    const bool before_tls = verb == Verb::kRset || verb == Verb::kNoop || verb == Verb::kQuit ||
                            verb == Verb::kStartTls || verb == Verb::kXclient;
    if (rules.tls_required && !tls && !before_tls) return false;
    switch (verb) {
      case Verb::kMail: return !mail && (greeted || !(rules.hello_required || rules.is_lmtp));
      case Verb::kRcpt: return mail && !chunk;
      case Verb::kData: return mail && recipient && !chunk;
      case Verb::kBdat: return rules.chunking_offered && mail && recipient;
      case Verb::kStartTls: return rules.tls_offered && !tls && !mail;
      case Verb::kXclient: return !mail;
      case Verb::kAuth: return false;
      default: return true;
    }
  }
  void done(Verb verb, bool accepted) {
    switch (verb) {
      case Verb::kHelo:
      case Verb::kEhlo:
      case Verb::kLhlo:
        if (accepted) forget(), greeted = true;
        break;
      case Verb::kMail: mail = accepted; break;
      case Verb::kRcpt: accepted ? recipient = true : refused_recipient = true; break;
      case Verb::kData:  // a refusal before 354 leaves the transaction
        if (accepted) forget();
        break;
      case Verb::kBdat: accepted ? void(chunk = true) : forget(); break;
      case Verb::kRset:
        if (accepted) forget();
        break;
      case Verb::kStartTls:
      case Verb::kXclient:
        if (accepted) {
          forget();
          greeted = false;
          tls = tls || verb == Verb::kStartTls;
        }
        break;
      default: break;
    }
  }
};

void apply(SessionState& state, Verb verb, bool accepted) {
  if (!accepted) {
    state.refused(verb);
  } else if (verb == Verb::kStartTls || verb == Verb::kXclient) {
    state.restart(state.is_tls() || verb == Verb::kStartTls);
  } else {
    state.accepted(verb);
  }
}

// One command on both; false where they differ.
::testing::AssertionResult step(SessionState& state, Model& model, Verb verb, bool accepted) {
  const bool legal = state.rule(verb) == Ruling::kLegal;
  if (legal != model.allows(verb))
    return ::testing::AssertionFailure() << smtp::to_string(verb) << " is "
                                         << (legal ? "legal" : "illegal") << ", the model differs";
  if (legal) {
    apply(state, verb, accepted);
    model.done(verb, accepted);
  }
  if (state.in_transaction() != model.mail)
    return ::testing::AssertionFailure() << "transaction differs after " << smtp::to_string(verb);
  return ::testing::AssertionSuccess();
}

std::vector<SessionRules> all_rules() {
  std::vector<SessionRules> out;
  for (int bits = 0; bits < 32; ++bits)
    out.push_back(
        {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0, (bits & 16) == 0});
  return out;
}

TEST(SessionState, Row033AllTriplesOfCommandsAgreeWithTheModel) {
  std::size_t runs = 0;
  for (const SessionRules& rules : all_rules())
    for (const Verb first : kCommands)
      for (const Verb second : kCommands)
        for (const Verb third : kCommands)
          for (unsigned verdicts = 0; verdicts < 8; ++verdicts) {
            SessionState state(rules);
            Model model{.rules = rules};
            ASSERT_TRUE(step(state, model, first, (verdicts & 1) != 0));
            ASSERT_TRUE(step(state, model, second, (verdicts & 2) != 0));
            ASSERT_TRUE(step(state, model, third, (verdicts & 4) != 0));
            ++runs;
          }
  EXPECT_EQ(runs, 32U * 14 * 14 * 14 * 8);
}

TEST(SessionState, Row033RandomWalksAgreeWithTheModel) {
  std::mt19937 random(20261125);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same walks each time
  const auto rules = all_rules();
  for (int walk = 0; walk < 20'000; ++walk) {
    const SessionRules& some = rules[random() % rules.size()];
    SessionState state(some);
    Model model{.rules = some};
    for (int i = 0; i < 50; ++i)
      ASSERT_TRUE(step(state, model, kCommands[random() % std::size(kCommands)], random() % 4 != 0))
          << "walk " << walk << " step " << i;
  }
}

struct Case {
  Progress progress;
  Verb verb;
  Ruling ruling;
};

TEST(SessionState, SaysWhyNot) {
  const Case cases[] = {
      {Progress::kNone, Verb::kRcpt, Ruling::kMailFirst},
      {Progress::kNone, Verb::kData, Ruling::kMailFirst},
      {Progress::kNone, Verb::kBdat, Ruling::kMailFirst},
      {Progress::kMail, Verb::kMail, Ruling::kNestedMail},
      {Progress::kMail, Verb::kData, Ruling::kRecipientFirst},
      {Progress::kMail, Verb::kStartTls, Ruling::kInTransaction},
      {Progress::kRecipients, Verb::kMail, Ruling::kNestedMail},
      {Progress::kRecipients, Verb::kXforward, Ruling::kInTransaction},
      {Progress::kChunks, Verb::kData, Ruling::kAfterChunk},
      {Progress::kChunks, Verb::kRcpt, Ruling::kAfterChunk},
      {Progress::kNone, Verb::kExpn, Ruling::kNotImplemented},
      {Progress::kNone, Verb::kAuth, Ruling::kNoAuthentication},
      {Progress::kNone, Verb::kLhlo, Ruling::kUnknownCommand},
      {Progress::kNone, Verb::kUnknown, Ruling::kUnknownCommand},
  };
  for (const Case& each : cases) {
    SessionState state({.tls_offered = true});
    if (each.progress >= Progress::kMail) state.accepted(Verb::kMail);
    if (each.progress >= Progress::kRecipients) state.accepted(Verb::kRcpt);
    if (each.progress >= Progress::kChunks) state.accepted(Verb::kBdat);
    EXPECT_EQ(state.progress(), each.progress);
    EXPECT_EQ(state.rule(each.verb), each.ruling) << smtp::to_string(each.verb);
  }
}

TEST(SessionState, RefusedRecipientsAreRememberedForOneTransaction) {
  SessionState state;
  state.accepted(Verb::kMail);
  state.refused(Verb::kRcpt);
  EXPECT_EQ(state.rule(Verb::kData), Ruling::kNoValidRecipient);
  state.end_transaction();
  state.accepted(Verb::kMail);
  EXPECT_EQ(state.rule(Verb::kData), Ruling::kRecipientFirst);
}

TEST(SessionState, OneResetForgetsEverything) {
  for (const Verb verb : {Verb::kRset, Verb::kEhlo, Verb::kHelo, Verb::kData}) {
    SessionState state;
    state.accepted(Verb::kEhlo);
    SessionState fresh = state;
    state.accepted(Verb::kMail);
    state.refused(Verb::kRcpt);
    state.accepted(Verb::kRcpt);
    state.accepted(verb);
    if (verb == Verb::kHelo) fresh.accepted(Verb::kHelo);
    EXPECT_EQ(state, fresh) << smtp::to_string(verb);
  }
}

TEST(SessionState, TlsFirst) {
  SessionState state({.tls_offered = true, .tls_required = true});
  EXPECT_EQ(state.rule(Verb::kMail), Ruling::kTlsFirst);
  EXPECT_EQ(state.rule(Verb::kEhlo), Ruling::kLegal);
  state.restart(true);
  EXPECT_EQ(state.rule(Verb::kMail), Ruling::kLegal);
  EXPECT_EQ(state.rule(Verb::kStartTls), Ruling::kTlsActive);
}

}  // namespace
}  // namespace postern::server
