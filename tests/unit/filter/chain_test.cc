#include "core/filter/chain.h"

#include "tests/support/loop_fixture.h"

namespace postern::filter {
namespace {

using ChainTest = testing::LoopTest;

TEST(StageSet, HoldsItsStages) {
  const StageSet set = StageSet(Stage::kMail) | Stage::kContent;
  EXPECT_TRUE(set.has(Stage::kMail));
  EXPECT_TRUE(set.has(Stage::kContent));
  EXPECT_FALSE(set.has(Stage::kData));
  EXPECT_FALSE(StageSet().has(Stage::kConnect));
}

TEST_F(ChainTest, EmptyChainWantsNothingAndRefusesNothing) {
  const auto chain = make_empty_chain();
  for (const Stage stage : {Stage::kConnect, Stage::kHello, Stage::kMail, Stage::kRecipient,
                            Stage::kData, Stage::kContent, Stage::kEndOfMessage})
    EXPECT_FALSE(chain->wanted().has(stage));
  const mail::ClientInfo client;
  const mail::Envelope envelope;
  const mail::Recipient recipient;
  EXPECT_EQ(run(chain->connect(client)).action, Verdict::Action::kContinue);
  EXPECT_EQ(run(chain->hello(client)).action, Verdict::Action::kContinue);
  EXPECT_EQ(run(chain->mail(envelope)).action, Verdict::Action::kContinue);
  EXPECT_EQ(run(chain->recipient(envelope, recipient)).action, Verdict::Action::kContinue);
  EXPECT_EQ(run(chain->data(envelope, QueueId(1))).action, Verdict::Action::kContinue);
  EXPECT_EQ(run(chain->content("x")).action, Verdict::Action::kContinue);
  EXPECT_EQ(run(chain->end_of_message(envelope, QueueId(1))).action, Verdict::Action::kContinue);
  chain->abort();
  chain->disconnect();
}

}  // namespace
}  // namespace postern::filter
