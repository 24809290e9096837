#include "core/server/command_tally.h"

#include <gtest/gtest.h>

namespace postern::server {
namespace {

TEST(CommandTally, HasPostfixsForm) {
  CommandTally tally;
  EXPECT_EQ(tally.to_string(), " commands=0");
  tally.add(smtp::Verb::kQuit, true);
  tally.add(smtp::Verb::kEhlo, true);
  tally.add(smtp::Verb::kRcpt, false);
  tally.add(smtp::Verb::kRcpt, true);
  tally.add(smtp::Verb::kMail, true);
  tally.add(smtp::Verb::kUnknown, false);
  EXPECT_EQ(tally.to_string(), " ehlo=1 mail=1 rcpt=1/2 quit=1 unknown=0/1 commands=4/6");
}

}  // namespace
}  // namespace postern::server
