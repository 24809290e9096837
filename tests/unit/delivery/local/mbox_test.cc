#include "core/delivery/local/mbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/unit/delivery/local/temp_tree.h"

namespace postern::delivery {
namespace {

using testing::TempTree;

class MboxTest : public ::testing::Test {
 protected:
  MboxTest() {
    order.owner = {::getuid(), ::getgid()};
    order.base = tree.path();
    order.path = "joe";
    order.form = MailboxForm::kMbox;
    order.prologue = "Delivered-To: joe@x\n";
    order.reverse_path = "s@x";
    order.arrival = 1'700'000'000;
    order.lock_attempts = 3;
    order.lock_delay_ms = 5;
  }
  LocalOutcome write(const std::string& text = "Subject: t\r\n\r\nFrom me\r\n") {
    return MboxWriter(order).write(mail::MemoryContent(text));
  }

  static constexpr const char* kOne =
      "From s@x  Tue Nov 14 22:13:20 2023\nDelivered-To: joe@x\nSubject: t\n\n>From me\n\n";
  TempTree tree;
  MailboxOrder order;
};

TEST_F(MboxTest, MessagesFollowOneAnotherInMboxForm) {
  ASSERT_TRUE(write().is_delivered());
  EXPECT_EQ(tree.read("joe"), kOne);
  ASSERT_TRUE(write().is_delivered());
  EXPECT_EQ(tree.read("joe"), std::string(kOne) + kOne);
  EXPECT_FALSE(std::filesystem::exists(tree / "joe.lock"));
}

TEST_F(MboxTest, FromLineNeverHoldsASpaceOrLineEndOfTheSender) {
  EXPECT_EQ(from_line("a b\nFrom c@d", 0), "From a_b_From_c@d  Thu Jan  1 00:00:00 1970\n");
  EXPECT_EQ(from_line("", 0), "From MAILER-DAEMON  Thu Jan  1 00:00:00 1970\n");
}

TEST_F(MboxTest, ATornMessageBeforeOursIsEndedFirst) {
  tree.write("joe", "From x\nhalf");
  ASSERT_TRUE(write().is_delivered());
  EXPECT_EQ(tree.read("joe"), std::string("From x\nhalf\n") + kOne);
}

TEST_F(MboxTest, SizeLimitOfTheMailbox) {
  const auto size = std::string_view(kOne).size();
  order.size_limit = 2 * size;
  EXPECT_TRUE(write().is_delivered());
  EXPECT_TRUE(write().is_delivered());
  const auto full = write();
  EXPECT_EQ(full.outcome, mail::Outcome::kFailed);
  EXPECT_EQ(full.status, "5.2.2");
  EXPECT_EQ(tree.read("joe").size(), 2 * size) << "cut back";
  order.size_limit = 3 * size - 1;
  EXPECT_EQ(write().status, "5.2.2");
  order.size_limit = 3 * size;
  EXPECT_TRUE(write().is_delivered());
  EXPECT_EQ(write(std::string(1000 * size, 'x')).status, "5.2.2");
  EXPECT_EQ(tree.read("joe").size(), 3 * size);
}

TEST_F(MboxTest, Row204SymlinkHardLinkAndFifoAreRefused) {
  tree.write("target", "precious\n");
  std::filesystem::create_symlink(tree / "target", tree / "joe");
  EXPECT_EQ(write().outcome, mail::Outcome::kDeferred);
  std::filesystem::remove(tree / "joe");
  std::filesystem::create_symlink(tree / "nowhere", tree / "joe");
  EXPECT_EQ(write().outcome, mail::Outcome::kDeferred);
  EXPECT_FALSE(std::filesystem::exists(tree / "nowhere"));
  std::filesystem::remove(tree / "joe");
  std::filesystem::create_hard_link(tree / "target", tree / "joe");
  const auto linked = write();
  EXPECT_EQ(linked.status, "4.2.0");
  EXPECT_NE(linked.diagnostic.find("hard link"), std::string::npos) << linked.diagnostic;
  std::filesystem::remove(tree / "joe");
  ASSERT_EQ(::mkfifo((tree / "joe").c_str(), 0600), 0);
  EXPECT_EQ(write().outcome, mail::Outcome::kDeferred);
  std::filesystem::remove(tree / "joe");
  std::filesystem::create_directory(tree / "joe");
  EXPECT_EQ(write().outcome, mail::Outcome::kDeferred);
  EXPECT_EQ(tree.read("target"), "precious\n");
}

TEST_F(MboxTest, Row204LockFileThatIsASymlinkIsNotFollowed) {
  std::filesystem::create_symlink(tree / "made-by-us", tree / "joe.lock");
  EXPECT_EQ(write().outcome, mail::Outcome::kDeferred);
  EXPECT_FALSE(std::filesystem::exists(tree / "made-by-us"));
}

TEST_F(MboxTest, Row204ForeignMailboxIsRefused) {
  ASSERT_EQ(::getuid(), 0u) << "needs root";
  tree.write("joe", "");
  ASSERT_EQ(::chown((tree / "joe").c_str(), 65534, 65534), 0);
  const auto outcome = write();
  EXPECT_EQ(outcome.outcome, mail::Outcome::kDeferred);
  EXPECT_NE(outcome.diagnostic.find("belongs to uid 65534"), std::string::npos);
}

TEST_F(MboxTest, Row204SwapRaceNeverWritesElsewhere) {
  tree.write("target", "");
  tree.write("joe", "");
  std::atomic<bool> stop{false};
  std::jthread attacker([&] {
    while (!stop) {
      (void)::rename((tree / "joe").c_str(), (tree / "aside").c_str());
      (void)!::symlink((tree / "target").c_str(), (tree / "joe").c_str());
      (void)::unlink((tree / "joe").c_str());
      (void)!::link((tree / "target").c_str(), (tree / "joe").c_str());
      (void)::unlink((tree / "joe").c_str());
      (void)::rename((tree / "aside").c_str(), (tree / "joe").c_str());
    }
  });
  for (int i = 0; i < 200; ++i)
    (void)write();
  stop = true;
  attacker.join();
  EXPECT_EQ(tree.read("target"), "");
}

TEST_F(MboxTest, LocksOfOthersAreWaitedForWithinBounds) {
  tree.write("joe.lock", "");
  const auto locked = write();
  EXPECT_EQ(locked.outcome, mail::Outcome::kDeferred);
  EXPECT_EQ(locked.status, "4.2.0");
  EXPECT_TRUE(std::filesystem::exists(tree / "joe.lock")) << "not ours to remove";
  order.use_dotlock = false;
  EXPECT_TRUE(write().is_delivered());
  const UniqueFd other(::open((tree / "joe").c_str(), O_RDWR | O_CLOEXEC));
  struct flock lock{};
  lock.l_type = F_WRLCK;
  ASSERT_EQ(::fcntl(other.get(), F_OFD_SETLK, &lock), 0);
  EXPECT_EQ(write().status, "4.2.0");
  order.use_fcntl_lock = false;
  EXPECT_TRUE(write().is_delivered());
}

TEST_F(MboxTest, AStaleLockFileIsTakenOver) {
  tree.write("joe.lock", "");
  const timespec old[2] = {{1'000'000, 0}, {1'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (tree / "joe.lock").c_str(), old, 0), 0);
  EXPECT_TRUE(write().is_delivered());
  EXPECT_FALSE(std::filesystem::exists(tree / "joe.lock"));
}

TEST_F(MboxTest, ParallelDeliveriesDoNotMix) {
  order.lock_attempts = 1000;
  order.lock_delay_ms = 1;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 10; ++i)
          EXPECT_TRUE(write().is_delivered());
      });
  }
  std::string expected;
  for (int i = 0; i < 40; ++i)
    expected += kOne;
  EXPECT_EQ(tree.read("joe"), expected);
}

TEST_F(MboxTest, Row193FullDiskDefersAndTheMailboxIsCutBack) {
  ASSERT_EQ(::geteuid(), 0u) << "needs root, to mount a small tmpfs";
  const auto disk = tree / "disk";
  std::filesystem::create_directory(disk);
  ASSERT_EQ(::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=64k,mode=0755"), 0);
  order.base = disk;
  ASSERT_TRUE(write().is_delivered());
  const auto full = write("S: t\r\n\r\n" + std::string(200'000, 'x') + "\r\n");
  const auto after = tree.read("disk/joe");
  const bool again = write().is_delivered();
  ASSERT_EQ(::umount(disk.c_str()), 0);
  EXPECT_EQ(full.outcome, mail::Outcome::kDeferred);
  EXPECT_EQ(full.status, "4.3.1");
  EXPECT_EQ(after, kOne);
  EXPECT_TRUE(again);
}

}  // namespace
}  // namespace postern::delivery
