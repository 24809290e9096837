// What the tests of the transports that deliver here share: a message, the real privileged process,
// a loop and a pool, and users who live below a temporary directory.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "core/delivery/forwarder.h"
#include "core/delivery/local/agent_client.h"
#include "core/delivery/local/system_user.h"
#include "core/delivery/transport.h"
#include "core/net/blocking_pool.h"
#include "tests/support/loop_fixture.h"
#include "tests/unit/delivery/local/temp_tree.h"

namespace postern::delivery::testing {

constexpr uid_t kVmail = 45'678;  // no user of any system

inline mail::Mailbox address(std::string_view text) {
  const auto at = text.rfind('@');
  return {std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

// Keeps what was forwarded.
class Forwarded final : public Forwarder {
 public:
  Result<QueueId> forward(Forwarding forwarding) override {
    if (is_down) return fail(ErrorKind::kNoSpace, "spool is full");
    messages.push_back(std::move(forwarding));
    return QueueId(0xF00 + messages.size());
  }
  bool is_down = false;
  std::vector<Forwarding> messages;
};

class TransportSite : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::geteuid(), 0u) << "needs root, as the privileged process does";
    ASSERT_EQ(::chmod(tree.path().c_str(), 0755), 0);
    policy.mailbox_bases = {make_directory("vmail", kVmail), make_directory("mail", 0)};
    policy.spool_directory = tree / "mail/";
    ASSERT_EQ(::chmod((tree / "mail").c_str(), 01777), 0);
    for (const auto& [name, uid] : users)
      policy.mailbox_bases.push_back(make_directory(name, uid));
    policy.command_uids = {kVmail};
    for (const auto& [name, uid] : users)
      policy.command_uids.push_back(uid);
    policy.max_seconds = 30;
    // The process is forked before the loop and the pool have threads.
    auto started = start_agent(policy);
    ASSERT_TRUE(started) << started.error().describe();
    agent_ = started->pid;
    runner = std::make_shared<AgentClient>(std::move(started->channel), policy);
    loop_ = std::make_unique<net::Loop>();
    loop_->start("test");
    pool_ = std::make_unique<net::BlockingPool>(2);
  }
  void TearDown() override {
    pool_.reset();
    loop_.reset();
    runner.reset();
    if (agent_ > 0) ::waitpid(agent_, nullptr, 0);
  }

  std::string make_directory(const std::string& name, uid_t owner) const {
    std::filesystem::create_directory(tree / name);
    EXPECT_EQ(::chown((tree / name).c_str(), owner, owner), 0);
    return tree / name;
  }
  // A file that belongs to a user, as a .forward does.
  void write_as(uid_t owner, const std::string& name, const std::string& text) const {
    tree.write(name, text);
    ASSERT_EQ(::chown((tree / name).c_str(), owner, owner), 0);
  }
  UserLookup user_lookup() const {
    return [known = users,
            root = tree.path()](const std::string& name) -> Result<std::optional<SystemUser>> {
      if (name == "root") return SystemUser{"root", "/root", "/bin/sh", {0, 0}};
      const auto found = known.find(name);
      if (found == known.end()) return std::nullopt;
      return SystemUser{name, root + "/" + name, "/bin/sh", {found->second, found->second}};
    };
  }

  mail::Attempt attempt(const std::vector<std::string>& recipients,
                        std::string next_hop = "") const {
    auto envelope = std::make_shared<mail::Envelope>();
    envelope->reverse_path = address("sender@far.test");
    envelope->arrival = WallTime(std::chrono::seconds(1'700'000'000));
    mail::Attempt out;
    for (const auto& each : recipients) {
      mail::Recipient recipient;
      recipient.forward_path = address(each);
      out.recipients.push_back(static_cast<std::uint32_t>(envelope->recipients.size()));
      envelope->recipients.push_back(std::move(recipient));
    }
    out.id = QueueId(0xABC);
    out.envelope = std::move(envelope);
    out.content = std::make_shared<mail::MemoryContent>(content);
    out.route = {"test", std::move(next_hop)};
    return out;
  }
  mail::AttemptResult deliver(Transport& transport, mail::Attempt what) {
    return postern::testing::run(*loop_, transport.deliver(*loop_, std::move(what)));
  }
  // "outcome status diagnostic" of each recipient, in the order of the attempt.
  std::vector<std::string> shown(mail::AttemptResult result) {
    std::ranges::sort(result.recipients, {}, &mail::RecipientResult::recipient);
    std::vector<std::string> out;
    for (const auto& each : result.recipients) {
      const auto* word = each.outcome == mail::Outcome::kDelivered  ? "sent"
                         : each.outcome == mail::Outcome::kDeferred ? "deferred"
                         : each.outcome == mail::Outcome::kFailed   ? "bounced"
                                                                    : "expanded";
      out.push_back(fmt::format("{} {} {}", word, each.status, each.diagnostic));
    }
    return out;
  }
  std::string only(const std::vector<std::string>& files) const {
    EXPECT_EQ(files.size(), 1u);
    return files.size() == 1 ? TempTree::read_file(files[0]) : "";
  }

  TempTree tree;
  std::map<std::string, uid_t> users = {{"joe", 45'001}, {"ann", 45'002}};
  AgentPolicy policy;
  std::string content = "Subject: t\r\n\r\nhello\r\n";
  std::shared_ptr<AgentClient> runner;

  net::BlockingPool& pool() { return *pool_; }

 private:
  pid_t agent_ = -1;
  std::unique_ptr<net::Loop> loop_;
  std::unique_ptr<net::BlockingPool> pool_;
};

}  // namespace postern::delivery::testing
