// What the privileged process refuses, whoever asks.
#include "core/delivery/local/agent_policy.h"

#include <gtest/gtest.h>
#include <pwd.h>

namespace postern::delivery {
namespace {

class AgentPolicyTest : public ::testing::Test {
 protected:
  AgentPolicyTest() {
    policy.mailbox_bases = {"/var/vmail", "/var/mail"};
    policy.command_uids = {5000};
    policy.allow_user_commands = false;
    mailbox.owner = {5000, 5000};
    mailbox.base = "/var/vmail";
    mailbox.path = "example.com/joe/";
    command.owner = {5000, 5000};
    command.argv = {"/bin/true"};
    read.owner = {5000, 5000};
    read.path = "/etc/mail/list";
  }
  bool allows(const Order& order) const {
    const auto checked = check_order(policy, order);
    EXPECT_TRUE(checked || checked.error().kind == ErrorKind::kPermission);
    return checked.has_value();
  }

  AgentPolicy policy;
  MailboxOrder mailbox;
  CommandOrder command;
  ReadOrder read;
};

TEST_F(AgentPolicyTest, ConfiguredOrdersPass) {
  EXPECT_TRUE(allows(mailbox));
  EXPECT_TRUE(allows(command));
  EXPECT_TRUE(allows(read));
}

TEST_F(AgentPolicyTest, NothingRunsAsRootOrBelowTheMinimum) {
  for (const Identity who : {Identity{0, 0}, Identity{0, 5000}, Identity{5000, 0},
                             Identity{static_cast<uid_t>(-1), 5000},
                             Identity{5000, static_cast<gid_t>(-1)}, Identity{99, 5000}}) {
    mailbox.owner = command.owner = read.owner = who;
    policy.command_uids.push_back(who.uid);
    EXPECT_FALSE(allows(mailbox)) << who.uid;
    EXPECT_FALSE(allows(command)) << who.uid;
    EXPECT_FALSE(allows(read)) << who.uid;
  }
  mailbox.owner = {100, 100};
  EXPECT_TRUE(allows(mailbox));
}

TEST_F(AgentPolicyTest, MailboxesOnlyBelowConfiguredBases) {
  policy.allow_files = false;
  mailbox.base = "/var/vmail/";
  EXPECT_TRUE(allows(mailbox)) << "the same directory";
  for (const auto base : {"/var/vmail/x", "/var", "/etc", "/", "", "/root", "var/vmail"}) {
    mailbox.base = base;
    EXPECT_FALSE(allows(mailbox)) << base;
  }
  policy.allow_files = true;
  mailbox.base = "/var/vmail";
  for (const auto path : {"..", "../x", "a/../../x", "", "/", "."}) {
    mailbox.path = path;
    EXPECT_FALSE(allows(mailbox)) << path;
  }
}

TEST_F(AgentPolicyTest, FilesOnlyWhereAllowed) {
  mailbox.base = "/";
  mailbox.path = "srv/archive";
  EXPECT_TRUE(allows(mailbox));
  policy.allow_files = false;
  EXPECT_FALSE(allows(mailbox));
}

TEST_F(AgentPolicyTest, AHomeIsABaseForItsOwnerOnly) {
  const passwd* nobody = ::getpwnam("nobody");
  ASSERT_NE(nobody, nullptr);
  mailbox.owner = {nobody->pw_uid, nobody->pw_gid};
  mailbox.base = nobody->pw_dir;
  EXPECT_TRUE(allows(mailbox));
  mailbox.owner.uid = 4'000'000'000u;
  EXPECT_FALSE(allows(mailbox));
  mailbox.owner.uid = nobody->pw_uid;
  policy.allow_homes = false;
  EXPECT_FALSE(allows(mailbox));
}

TEST_F(AgentPolicyTest, CommandsRunAsConfiguredUsersOnly) {
  command.owner = {5001, 5001};
  EXPECT_FALSE(allows(command));
  const passwd* nobody = ::getpwnam("nobody");
  ASSERT_NE(nobody, nullptr);
  command.owner = {nobody->pw_uid, nobody->pw_gid};
  EXPECT_FALSE(allows(command));
  policy.allow_user_commands = true;
  EXPECT_TRUE(allows(command));
  command.owner = {5001, 5001};
  EXPECT_FALSE(allows(command)) << "no such user";
  command.owner = {5000, 5000};
  command.argv.clear();
  EXPECT_FALSE(allows(command));
  command.argv = {""};
  EXPECT_FALSE(allows(command));
  command.argv = {"x"};
  command.directory = "relative";
  EXPECT_FALSE(allows(command));
}

TEST_F(AgentPolicyTest, RelativeListsAreNotRead) {
  for (const auto path : {"", "list", "./list"}) {
    read.path = path;
    EXPECT_FALSE(allows(read)) << path;
  }
}

TEST_F(AgentPolicyTest, LockBoundsAreBounded) {
  for (const std::uint32_t attempts : {999u, 1000u}) {
    mailbox.lock_attempts = attempts;
    EXPECT_TRUE(allows(mailbox));
  }
  for (const std::uint32_t attempts : {1001u, 1'000'000u}) {
    mailbox.lock_attempts = attempts;
    EXPECT_FALSE(allows(mailbox));
  }
}

TEST_F(AgentPolicyTest, NoOrderOutlivesTheLongestLife) {
  command.time_limit_seconds = 4'000'000'000u;
  EXPECT_EQ(time_limit_of(policy, command), Seconds(policy.max_seconds));
  command.time_limit_seconds = 10;
  EXPECT_EQ(time_limit_of(policy, command), Seconds(40));
  EXPECT_EQ(time_limit_of(policy, read), Seconds(60));
}

}  // namespace
}  // namespace postern::delivery
