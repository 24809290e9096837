// The privileged process, as root: real forks, real uids, real attacks on its socket.
#include "core/delivery/local/agent.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <random>
#include <thread>

#include "core/delivery/local/agent_client.h"
#include "core/delivery/local/direct_runner.h"
#include "core/delivery/local/fd_content.h"
#include "core/delivery/local/order_codec.h"
#include "tests/unit/delivery/local/temp_tree.h"

namespace postern::delivery {
namespace {

using testing::TempTree;

constexpr uid_t kOwner = 45'678;  // nobody's

class AgentTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::geteuid(), 0u) << "needs root, as the privileged process does";
    ASSERT_EQ(::chmod(tree.path().c_str(), 0755), 0);
    box = tree / "box";
    std::filesystem::create_directory(box);
    ASSERT_EQ(::chown(box.c_str(), kOwner, kOwner), 0);
    policy.mailbox_bases = {box};
    policy.command_uids = {kOwner};
    policy.allow_user_commands = false;
    policy.max_seconds = 20;
    auto started = start_agent(policy);
    ASSERT_TRUE(started) << started.error().describe();
    pid = started->pid;
    channel = started->channel.get();
    client = std::make_unique<AgentClient>(std::move(started->channel), policy);
  }
  void TearDown() override {
    client.reset();
    if (pid <= 0) return;
    int status = 0;
    EXPECT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
  MailboxOrder mailbox(const std::string& path = "joe/") const {
    MailboxOrder order;
    order.owner = {kOwner, kOwner};
    order.base = box;
    order.path = path;
    order.form = path.ends_with('/') ? MailboxForm::kMaildir : MailboxForm::kMbox;
    order.host = "h";
    order.lock_attempts = 2;
    order.lock_delay_ms = 5;
    return order;
  }
  CommandOrder shell(const std::string& script) const {
    CommandOrder order;
    order.owner = {kOwner, kOwner};
    order.argv = {"/bin/sh", "-c", script};
    order.environment = {"PATH=/usr/bin:/bin"};
    order.time_limit_seconds = 10;
    return order;
  }
  LocalOutcome run(const Order& order) { return client->run(order, message).outcome; }
  void expect_alive() { EXPECT_TRUE(run(mailbox("alive/")).is_delivered()); }
  // One raw packet with these descriptors, as a captured engine could send it.
  void send(std::string_view packet, const std::vector<int>& fds) const {
    char control[CMSG_SPACE(16 * sizeof(int))] = {};
    iovec part{const_cast<char*>(packet.data()), packet.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (!fds.empty()) {
      header.msg_control = control;
      header.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
      cmsghdr* rights = CMSG_FIRSTHDR(&header);
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
      std::memcpy(CMSG_DATA(rights), fds.data(), fds.size() * sizeof(int));
    }
    (void)::sendmsg(channel, &header, MSG_NOSIGNAL);
  }

  TempTree tree;
  std::string box;
  AgentPolicy policy;
  pid_t pid = -1;
  int channel = -1;
  std::unique_ptr<AgentClient> client;
  mail::MemoryContent message{"Subject: t\r\n\r\nhello\r\n"};
};

TEST_F(AgentTest, MailboxesBelongToTheirOwner) {
  const auto done = run(mailbox());
  ASSERT_TRUE(done.is_delivered()) << done.diagnostic << done.remedy;
  const auto files = tree.list("box/joe/new");
  ASSERT_EQ(files.size(), 1u);
  struct stat status{};
  ASSERT_EQ(::stat(files[0].c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, kOwner);
  EXPECT_EQ(status.st_gid, kOwner);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  EXPECT_TRUE(run(mailbox("mbox")).is_delivered());
}

TEST_F(AgentTest, CommandsHoldNoRightsOfRoot) {
  ASSERT_EQ(::chmod(box.c_str(), 0755), 0);
  EXPECT_TRUE(run(shell("id -u > " + box + "/who; id -G >> " + box +
                        "/who;"
                        "grep -E 'Cap(Eff|Prm)' /proc/self/status >> " +
                        box + "/who"))
                  .is_delivered());
  EXPECT_EQ(tree.read("box/who"),
            "45678\n45678\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n");
  tree.write("secret", "x");
  ASSERT_EQ(::chmod((tree / "secret").c_str(), 0600), 0);
  EXPECT_EQ(run(shell("cat " + (tree / "secret"))).outcome, mail::Outcome::kFailed);
}

TEST_F(AgentTest, OrdersOutsideThePolicyAreRefusedAndNamed) {
  auto order = mailbox();
  order.base = tree.path();
  auto outcome = run(order);
  EXPECT_EQ(outcome.outcome, mail::Outcome::kDeferred);
  EXPECT_EQ(outcome.status, "4.3.5");
  EXPECT_NE(outcome.remedy.find("privileged delivery refused"), std::string::npos);
  order = mailbox();
  order.owner = {0, 0};
  EXPECT_EQ(run(order).status, "4.3.5");
  auto command = shell("true");
  command.owner = {kOwner + 1, kOwner + 1};
  EXPECT_EQ(run(command).status, "4.3.5");
  expect_alive();
}

TEST_F(AgentTest, Row204SymlinkToAnothersFileIsNotFollowedByTheOwner) {
  tree.write("passwd", "root\n");
  std::filesystem::create_symlink(tree / "passwd", box + "/mbox");
  EXPECT_EQ(run(mailbox("mbox")).outcome, mail::Outcome::kDeferred);
  std::filesystem::remove(box + "/mbox");
  std::filesystem::create_hard_link(tree / "passwd", box + "/mbox");
  EXPECT_EQ(run(mailbox("mbox")).outcome, mail::Outcome::kDeferred);
  EXPECT_EQ(tree.read("passwd"), "root\n");
}

TEST_F(AgentTest, ListsAreReadAsTheirReader) {
  ReadOrder order;
  order.owner = {kOwner, kOwner};
  order.path = box + "/.forward";
  auto result = client->run(order, message);
  EXPECT_TRUE(result.is_missing);
  tree.write("box/.forward", "ann\n");
  result = client->run(order, message);
  EXPECT_EQ(result.text, "ann\n");
  ASSERT_EQ(::chmod((box + "/.forward").c_str(), 0666), 0);
  EXPECT_EQ(client->run(order, message).outcome.status, "4.2.0");
  ASSERT_EQ(::chmod((box + "/.forward").c_str(), 0600), 0);  // root's now
  result = client->run(order, message);
  EXPECT_FALSE(result.outcome.is_delivered());
  EXPECT_FALSE(result.is_missing);
  std::filesystem::remove(box + "/.forward");
  ASSERT_EQ(::mkfifo((box + "/.forward").c_str(), 0644), 0);
  EXPECT_FALSE(client->run(order, message).outcome.is_delivered());
  order.path = "/etc/shadow";
  EXPECT_FALSE(client->run(order, message).outcome.is_delivered());
}

TEST_F(AgentTest, ReadLimitAtMinusOneExactPlusOneAndThousandfold) {
  ReadOrder order;
  order.owner = {kOwner, kOwner};
  order.path = box + "/list";
  order.size_limit = 1000;
  for (const std::size_t size : {999u, 1000u}) {
    tree.write("box/list", std::string(size, 'x'));
    EXPECT_EQ(client->run(order, message).text.size(), size);
  }
  for (const std::size_t size : {1001u, 1'000'000u}) {
    tree.write("box/list", std::string(size, 'x'));
    EXPECT_EQ(client->run(order, message).outcome.outcome, mail::Outcome::kDeferred) << size;
  }
}

TEST_F(AgentTest, AStuckCommandIsKilledAtItsLimit) {
  auto order = shell("sleep 600");
  order.time_limit_seconds = 1;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(run(order).outcome, mail::Outcome::kDeferred);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(15));
  expect_alive();
}

TEST_F(AgentTest, ManyThreadsShareOneClient) {
  std::atomic<int> good{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 10; ++i)
          good += run(mailbox()).is_delivered() ? 1 : 0;
      });
  }
  EXPECT_EQ(good, 80);
  EXPECT_EQ(tree.list("box/joe/new").size(), 80u);
}

TEST_F(AgentTest, HostilePacketsNeitherStopItNorGetAnything) {
  std::mt19937 random(4711);
  auto sealed = sealed_copy(message);
  ASSERT_TRUE(sealed);
  const auto honest = *encode_order(Order(mailbox("hostile/")));
  tree.write("plain", "Subject: x\r\n\r\n");
  const UniqueFd plain(::open((tree / "plain").c_str(), O_RDONLY | O_CLOEXEC));
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd answer(ends[0]);
  const UniqueFd reply(ends[1]);
  ASSERT_EQ(::fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
  const int pipe = reply.get();
  // No descriptors, too few, too many, of the wrong kind, a message that can still be changed.
  send(honest, {});
  send(honest, {pipe});
  send(honest, {pipe, sealed->get(), sealed->get()});
  send(honest, std::vector<int>(16, pipe));
  send(honest, {plain.get(), sealed->get()});
  send(honest, {pipe, plain.get()});
  send(honest, {sealed->get(), pipe});
  for (int round = 0; round < 2000; ++round) {
    std::string packet = honest;
    if (round % 2 == 0) {
      packet.resize(1 + random() % 300);
      for (char& c : packet)
        c = static_cast<char>(random());
    } else {
      packet[random() % 40] = static_cast<char>(random());
      packet.resize(1 + random() % packet.size());
    }
    send(packet, {pipe, sealed->get()});
    char drain[8192];
    while (::read(answer.get(), drain, sizeof drain) > 0) {
    }
  }
  expect_alive();
  // Some packets were still orders that the policy allows; those were done as their owner's.
  for (const auto& entry : std::filesystem::recursive_directory_iterator(tree.path())) {
    struct stat status{};
    ASSERT_EQ(::lstat(entry.path().c_str(), &status), 0);
    if (entry.path() != box && entry.path() != tree / "plain") {
      EXPECT_EQ(status.st_uid, kOwner) << entry.path();
    }
  }
  EXPECT_EQ(tree.read("plain"), "Subject: x\r\n\r\n");
}

// Without octets and descriptors it cannot be told from a closed channel.  The engine never sends
// one; who took it over gains mail that waits.
TEST_F(AgentTest, AnEmptyPacketEndsIt) {
  send("", {});
  EXPECT_EQ(run(mailbox()).outcome, mail::Outcome::kDeferred);
}

TEST_F(AgentTest, ItsDeathDefersMail) {
  ASSERT_EQ(::kill(pid, SIGKILL), 0);
  ASSERT_EQ(::waitpid(pid, nullptr, 0), pid);
  pid = -1;
  const auto outcome = run(mailbox());
  EXPECT_EQ(outcome.outcome, mail::Outcome::kDeferred);
  EXPECT_NE(outcome.remedy.find("privileged process"), std::string::npos) << outcome.remedy;
}

TEST_F(AgentTest, ItOutlivesSignalsMeantForTheEngine) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1})
    ASSERT_EQ(::kill(pid, number), 0);
  expect_alive();
}

TEST(DirectRunnerTest, OnlyForTheEnginesOwnUser) {
  const TempTree tree;
  AgentPolicy policy;
  policy.mailbox_bases = {tree.path()};
  policy.minimum_uid = 0;
  DirectRunner runner(policy);
  MailboxOrder order;
  order.owner = {::geteuid() + 1, ::getegid() + 1};
  order.base = tree.path();
  order.path = "joe/";
  const auto outcome = runner.run(order, mail::MemoryContent("S: t\r\n\r\n")).outcome;
  EXPECT_EQ(outcome.outcome, mail::Outcome::kDeferred);
  EXPECT_NE(outcome.remedy.find("needs the privileged process"), std::string::npos);
}

}  // namespace
}  // namespace postern::delivery
