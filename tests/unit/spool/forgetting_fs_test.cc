// The disk that forgets: if it forgot too little, the crash harness would prove nothing.
#include "core/spool/forgetting_fs.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "core/spool/failing_fs.h"

namespace postern::spool {
namespace {

const auto kNothing = [](std::size_t) { return false; };
const auto kAll = [](std::size_t) { return true; };

class ForgettingTest : public ::testing::Test {
 protected:
  int make(const std::string& path) { return fs_.open(path, OpenMode::kCreateNew); }
  void write(int fd, std::string octets, std::uint64_t offset) {
    const iovec piece{octets.data(), octets.size()};
    ASSERT_EQ(fs_.pwritev(fd, std::span(&piece, 1), offset), static_cast<ssize_t>(octets.size()));
  }
  static std::string read(ForgettingFs& fs, const std::string& path) {
    const std::string* octets = fs.octets(path);
    return octets == nullptr ? "none" : *octets;
  }

  ForgettingFs fs_{ForgettingFs::Options{.tracks_syncs = true, .sector = 4}};
};

TEST_F(ForgettingTest, KillKeepsEverything) {
  const int fd = make("/a");
  write(fd, "octets", 0);
  EXPECT_EQ(read(*fs_.after_kill(), "/a"), "octets");
}

TEST_F(ForgettingTest, NameWithoutDirectorySyncIsLost) {
  const int fd = make("/a");
  write(fd, "octets", 0);
  ASSERT_EQ(fs_.sync_data(fd), 0);
  EXPECT_EQ(read(*fs_.after_power_cut(kNothing), "/a"), "none");
  ASSERT_EQ(fs_.sync_directory("/"), 0);
  EXPECT_EQ(read(*fs_.after_power_cut(kNothing), "/a"), "octets");
}

TEST_F(ForgettingTest, OctetsWithoutSyncAreLostUnderASyncedName) {
  const int fd = make("/a");
  write(fd, "octets", 0);
  ASSERT_EQ(fs_.sync_directory("/"), 0);
  EXPECT_EQ(read(*fs_.after_power_cut(kNothing), "/a"), "");
  EXPECT_EQ(read(*fs_.after_power_cut(kAll), "/a"), "octets");
}

TEST_F(ForgettingTest, SectorsSurviveIndependentlyAndInAnyOrder) {
  const int fd = make("/a");
  ASSERT_EQ(fs_.sync_directory("/"), 0);
  write(fd, "aaaabbbbcc", 0);
  ASSERT_EQ(fs_.unsynced(), 3u);
  EXPECT_EQ(read(*fs_.after_power_cut([](std::size_t i) { return i == 1; }), "/a"),
            std::string("\0\0\0\0bbbb", 8));
  EXPECT_EQ(read(*fs_.after_power_cut([](std::size_t i) { return i == 2; }), "/a").size(), 10u);
}

TEST_F(ForgettingTest, UnlinkComesBackUntilTheDirectoryIsSynced) {
  const int fd = make("/a");
  write(fd, "x", 0);
  fs_.sync_data(fd);
  fs_.sync_directory("/");
  ASSERT_EQ(fs_.unlink("/a"), 0);
  EXPECT_EQ(read(*fs_.after_power_cut(kNothing), "/a"), "x");
  EXPECT_EQ(read(*fs_.after_power_cut(kAll), "/a"), "none");
}

TEST_F(ForgettingTest, RenameIsWhollyThereOrNotAtAll) {
  const int fd = make("/a.tmp");
  write(fd, "x", 0);
  fs_.sync_data(fd);
  fs_.sync_directory("/");
  ASSERT_EQ(fs_.rename("/a.tmp", "/a"), 0);
  const auto before = fs_.after_power_cut(kNothing);
  EXPECT_EQ(read(*before, "/a"), "none");
  EXPECT_EQ(read(*before, "/a.tmp"), "x");
  const auto after = fs_.after_power_cut(kAll);
  EXPECT_EQ(read(*after, "/a"), "x");
  EXPECT_EQ(read(*after, "/a.tmp"), "none");
}

TEST_F(ForgettingTest, FileInADirectoryWhoseNameIsLostIsUnreachable) {
  ASSERT_EQ(fs_.make_directory("/d"), 0);
  const int fd = make("/d/a");
  write(fd, "x", 0);
  fs_.sync_data(fd);
  fs_.sync_directory("/d");
  EXPECT_EQ(read(*fs_.after_power_cut(kNothing), "/d/a"), "none");
  fs_.sync_directory("/");
  EXPECT_EQ(read(*fs_.after_power_cut(kNothing), "/d/a"), "x");
}

TEST_F(ForgettingTest, LockHoldsOnceAndGoesWithItsDescriptor) {
  const int first = fs_.open("/lock", OpenMode::kCreate);
  const int second = fs_.open("/lock", OpenMode::kCreate);
  EXPECT_EQ(fs_.lock(first), 0);
  EXPECT_EQ(fs_.lock(second), -1);
  EXPECT_EQ(errno, EWOULDBLOCK);
  fs_.close(first);
  EXPECT_EQ(fs_.lock(second), 0);
}

TEST_F(ForgettingTest, CapacityEndsWithNoSpace) {
  ForgettingFs small({.tracks_syncs = true, .sector = 512, .capacity = 10});
  const int fd = small.open("/a", OpenMode::kCreateNew);
  EXPECT_EQ(small.allocate(fd, 11), -1);
  EXPECT_EQ(errno, ENOSPC);
  EXPECT_EQ(small.allocate(fd, 10), 0);
}

TEST(FailingFs, FailsJustTheCallItWasTold) {
  ForgettingFs inner{ForgettingFs::Options{}};
  FailingFs fs(inner);
  fs.fail_at(1, EIO);
  EXPECT_EQ(fs.make_directory("/a"), 0);
  EXPECT_EQ(fs.make_directory("/b"), -1);
  EXPECT_EQ(errno, EIO);
  EXPECT_EQ(fs.make_directory("/c"), 0);
  EXPECT_EQ(fs.calls(), 3u);
  EXPECT_EQ(fs.failed_call(), FsCall::kMakeDirectory);
}

TEST(FailingFs, NothingHappensAfterACut) {
  ForgettingFs inner{ForgettingFs::Options{}};
  FailingFs fs(inner);
  fs.cut_at(1);
  EXPECT_EQ(fs.make_directory("/a"), 0);
  EXPECT_EQ(fs.make_directory("/b"), -1);
  FileInfo info;
  EXPECT_EQ(inner.info("/a", info), 0);
  EXPECT_EQ(inner.info("/b", info), -1);
}

TEST(FailingFs, ShortWriteWritesAPart) {
  ForgettingFs inner{ForgettingFs::Options{}};
  FailingFs fs(inner);
  const int fd = fs.open("/a", OpenMode::kCreateNew);
  fs.fail_at(1, 0);
  char octets[] = "abcdef";
  const iovec piece{octets, 6};
  EXPECT_EQ(fs.pwritev(fd, std::span(&piece, 1), 0), 3);
  EXPECT_EQ(*inner.octets("/a"), "abc");
}

TEST(FailingFs, HooksStandOnBothSidesOfTheCall) {
  ForgettingFs inner{ForgettingFs::Options{}};
  FailingFs fs(inner);
  std::vector<bool> there;
  const auto look = [&](FsCall) {
    FileInfo info;
    there.push_back(inner.info("/a", info) == 0);
  };
  fs.set_hook(look);
  fs.set_after_hook(look);
  fs.make_directory("/a");
  EXPECT_EQ(there, (std::vector<bool>{false, true}));
}

}  // namespace
}  // namespace postern::spool
