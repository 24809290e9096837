#include "core/milter/negotiation.h"

#include "core/milter/macros.h"
#include "tests/unit/milter/packets.h"

namespace postern::milter::testing {
namespace {

TEST(Negotiation, OffersWhatPostfixOffersForTheVersion) {
  struct Row {
    std::uint32_t version, actions, steps;
  };
  for (const Row& row :
       {Row{2, 0x1FF, 0x7F}, Row{3, 0x1FF, 0x17F}, Row{4, 0x1FF, 0x37F}, Row{6, 0x1FF, 0x1FFFFF}}) {
    const Offer offer = Offer::for_version(row.version);
    EXPECT_EQ(offer.version, row.version);
    EXPECT_EQ(offer.actions.word(), row.actions);
    EXPECT_EQ(offer.steps.word(), row.steps);
  }
  EXPECT_EQ(Offer::for_version(6, kMaxData256K).steps.word(), 0x101FFFFFu);
  EXPECT_EQ(Offer::for_version(6, kMaxData1M).steps.word(), 0x301FFFFFu);
  EXPECT_EQ(Offer::for_version(4, kMaxData1M).steps.word(), 0x37Fu);
}

TEST(Negotiation, Row216AFilterThatAsksForMoreThanOfferedIsRefused) {
  Offer two = Offer::for_version(2);
  two.actions = Actions::from_word(0x3F);
  EXPECT_TRUE(negotiate(two, {2, Actions::from_word(0x3F), {}, {}}));
  EXPECT_FALSE(negotiate(two, {3, {}, {}, {}}));
  EXPECT_FALSE(negotiate(two, {1, {}, {}, {}}));
  EXPECT_FALSE(negotiate(two, {0, {}, {}, {}}));
  EXPECT_FALSE(negotiate(two, {2, Action::kChangeReversePath, {}, {}}));
  // It would not answer where we wait.
  EXPECT_FALSE(negotiate(two, {2, {}, Step::kNoReplyHeader, {}}));
  EXPECT_FALSE(negotiate(two, {2, {}, Step::kLeadingSpace, {}}));
  EXPECT_FALSE(negotiate(two, {2, {}, {}, {MacroList{MacroStage::kMail, {"i"}}}}));
  EXPECT_FALSE(negotiate(Offer::for_version(6), {6, {}, Step::kData1M, {}}));
  EXPECT_FALSE(negotiate(Offer::for_version(6), {6, {}, Steps::from_word(0x80000000), {}}));
  // It would be sent less: harmless.
  EXPECT_TRUE(negotiate(two, {2, {}, Step::kNoUnknown | Step::kNoData, {}}));
  const auto refused = negotiate(two, {2, Actions::from_word(0x100), {}, {}});
  EXPECT_EQ(error_of(refused), "milter asks for actions 0x100; only 0x3f were offered");
}

TEST(Negotiation, Row216ALowerVersionGetsFewerCommands) {
  const Offer offer = Offer::for_version(6);
  for (const std::uint32_t version : {2u, 3u, 4u, 6u}) {
    const auto profile = negotiate(offer, {version, {}, {}, {}});
    ASSERT_TRUE(profile);
    EXPECT_EQ(profile->wants(Stage::kUnknown), version >= 3);
    EXPECT_EQ(profile->wants(Stage::kData), version >= 4);
    EXPECT_TRUE(profile->wants(Stage::kMail));
  }
}

TEST(Negotiation, EachBitConcernsItsStage) {
  struct Row {
    Stage stage;
    Step no, no_reply;
  };
  const Row rows[] = {{Stage::kConnect, Step::kNoConnect, Step::kNoReplyConnect},
                      {Stage::kHelo, Step::kNoHelo, Step::kNoReplyHelo},
                      {Stage::kMail, Step::kNoMail, Step::kNoReplyMail},
                      {Stage::kRcpt, Step::kNoRcpt, Step::kNoReplyRcpt},
                      {Stage::kData, Step::kNoData, Step::kNoReplyData},
                      {Stage::kUnknown, Step::kNoUnknown, Step::kNoReplyUnknown},
                      {Stage::kHeader, Step::kNoHeaders, Step::kNoReplyHeader},
                      {Stage::kEndOfHeaders, Step::kNoEndOfHeaders, Step::kNoReplyEndOfHeaders},
                      {Stage::kBody, Step::kNoBody, Step::kNoReplyBody}};
  for (const Row& row : rows) {
    EXPECT_FALSE(profile_of(row.no).wants(row.stage)) << to_string(row.stage);
    EXPECT_FALSE(profile_of(row.no_reply).is_answered(row.stage));
    for (const Row& other : rows)
      if (other.stage != row.stage) {
        EXPECT_TRUE(profile_of(row.no | row.no_reply).wants(other.stage));
        EXPECT_TRUE(profile_of(row.no | row.no_reply).is_answered(other.stage));
      }
  }
  const Profile all = profile_of(Steps::from_word(0x1FFFFF));
  EXPECT_TRUE(all.wants(Stage::kEndOfMessage));
  EXPECT_TRUE(all.is_answered(Stage::kEndOfMessage));
  EXPECT_TRUE(all.may_skip() && all.wants_rejected_recipients() && all.keeps_leading_space());
}

TEST(Negotiation, PacketSizes) {
  EXPECT_EQ(profile_of().max_data_octets(), 65535u);
  EXPECT_EQ(profile_of(Step::kData256K).max_data_octets(), 262143u);
  EXPECT_EQ(profile_of(Step::kData1M).max_data_octets(), 1048575u);
}

TEST(Macros, TheDefaultsArePostfixes) {
  const MacroSets& sets = MacroSets::postfix_defaults();
  const Profile profile = profile_of();
  const auto joined = [&](Stage stage) {
    std::string out;
    for (const std::string& name : macro_names(stage, profile, sets))
      out += (out.empty() ? "" : " ") + name;
    return out;
  };
  EXPECT_EQ(joined(Stage::kConnect), "j {daemon_name} {daemon_addr} v _");
  EXPECT_EQ(joined(Stage::kHelo),
            "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}");
  EXPECT_EQ(joined(Stage::kMail),
            "i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}");
  EXPECT_EQ(joined(Stage::kRcpt), "i {rcpt_addr} {rcpt_host} {rcpt_mailer}");
  for (const Stage stage :
       {Stage::kData, Stage::kHeader, Stage::kEndOfHeaders, Stage::kBody, Stage::kEndOfMessage})
    EXPECT_EQ(joined(stage), "i");
  EXPECT_EQ(joined(Stage::kUnknown), "");
}

TEST(Macros, TheFiltersListReplacesTheConfiguredOne) {
  const auto profile = negotiate(
      Offer::for_version(6),
      {6, Action::kSetMacroLists, {}, {MacroList{MacroStage::kRcpt, {"{rcpt_addr}", "j"}}}});
  ASSERT_TRUE(profile);
  EXPECT_EQ(macro_names(Stage::kRcpt, *profile, MacroSets::postfix_defaults()),
            (std::vector<std::string>{"{rcpt_addr}", "j"}));
  EXPECT_EQ(macro_names(Stage::kData, *profile, MacroSets::postfix_defaults()),
            std::vector<std::string>{"i"});
}

TEST(Macros, UndefinedOnesAreNotSentEmptyOnesAre) {
  const auto values = expand_macros({"{i}", "{mail_addr}", "daemon_name", "{none}"},
                                    [](std::string_view name) -> std::optional<std::string> {
                                      if (name == "i") return "4bN";
                                      if (name == "{mail_addr}") return "";
                                      if (name == "{daemon_name}") return "mx";
                                      return std::nullopt;
                                    });
  EXPECT_EQ(values,
            (std::vector<MacroValue>{{"{i}", "4bN"}, {"{mail_addr}", ""}, {"daemon_name", "mx"}}));
}

}  // namespace
}  // namespace postern::milter::testing
