// The spool's directory on a real disk: what is refused, and the lock.
#include "core/spool/spool_files.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

namespace postern::spool {
namespace {

class SpoolFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "postern-files-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    base_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(base_); }
  std::string root() const { return base_ + "/spool"; }

  std::string base_;
  FileSystem& fs_ = FileSystem::posix();
};

TEST_F(SpoolFilesTest, MakesItsDirectoriesForTheOwnerAlone) {
  ASSERT_TRUE(SpoolFiles(fs_, root()).prepare());
  for (const std::string& path :
       {root(), root() + "/log", root() + "/large", root() + "/corrupt"}) {
    FileInfo info;
    ASSERT_EQ(fs_.info(path, info), 0);
    EXPECT_TRUE(info.is_directory);
    EXPECT_EQ(info.mode & 0077u, 0u);
  }
  EXPECT_TRUE(SpoolFiles(fs_, root()).prepare());
}

TEST_F(SpoolFilesTest, SymbolicLinkIsRefused) {
  ASSERT_TRUE(SpoolFiles(fs_, root()).prepare());
  std::filesystem::create_directory_symlink(root(), base_ + "/link");
  EXPECT_EQ(SpoolFiles(fs_, base_ + "/link").prepare().error().kind, ErrorKind::kPermission);
  std::filesystem::remove_all(root() + "/large");
  std::filesystem::create_directory_symlink(base_, root() + "/large");
  EXPECT_EQ(SpoolFiles(fs_, root()).prepare().error().kind, ErrorKind::kPermission);
}

TEST_F(SpoolFilesTest, DirectoryThatOthersMayWriteIsRefused) {
  ASSERT_TRUE(SpoolFiles(fs_, root()).prepare());
  for (const unsigned mode : {0770u, 0702u}) {
    ::chmod(root().c_str(), mode);
    EXPECT_EQ(SpoolFiles(fs_, root()).prepare().error().kind, ErrorKind::kPermission);
  }
  ::chmod(root().c_str(), 0755);
  EXPECT_TRUE(SpoolFiles(fs_, root()).prepare());
}

TEST_F(SpoolFilesTest, FileInPlaceOfADirectoryIsRefused) {
  ASSERT_GE(fs_.open(root(), OpenMode::kCreateNew), 0);
  EXPECT_FALSE(SpoolFiles(fs_, root()).prepare());
}

TEST_F(SpoolFilesTest, Row197LockDiesWithItsProcessEvenByKill) {
  const SpoolFiles files(fs_, root());
  ASSERT_TRUE(files.prepare());
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = files.lock();
    const char answer = held ? 'y' : 'n';
    if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  const auto refused = files.lock();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kExists);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  EXPECT_TRUE(files.lock());
}

TEST_F(SpoolFilesTest, SymbolicLinkInPlaceOfAFileIsNotFollowed) {
  const SpoolFiles files(fs_, root());
  ASSERT_TRUE(files.prepare());
  std::filesystem::create_symlink(base_ + "/elsewhere", files.segment(1));
  EXPECT_LT(fs_.open(files.segment(1), OpenMode::kCreateNew), 0);
  EXPECT_LT(fs_.open(files.segment(1), OpenMode::kRead), 0);
  EXPECT_FALSE(std::filesystem::exists(base_ + "/elsewhere"));
}

TEST_F(SpoolFilesTest, ReadWholeRefusesMoreThanItsLimit) {
  const SpoolFiles files(fs_, root());
  ASSERT_TRUE(files.prepare());
  ASSERT_TRUE(files.write_durably(root() + "/log/x", std::string(100, 'x')));
  EXPECT_FALSE(files.read_whole(root() + "/log/x", 99));
  EXPECT_TRUE(files.read_whole(root() + "/log/x", 100));
  EXPECT_EQ(files.read_range(root() + "/log/x", 90, 20)->size(), 10u);
}

TEST_F(SpoolFilesTest, ManyPiecesAreWrittenWhole) {
  // More than one call takes (IOV_MAX).
  std::vector<std::string> texts;
  std::string wanted;
  for (int i = 0; i < 5000; ++i) {
    texts.push_back(std::to_string(i));
    wanted += texts.back();
  }
  std::vector<iovec> pieces;
  for (std::string& text : texts)
    pieces.push_back({text.data(), text.size()});
  const std::string path = base_ + "/pieces";
  const int fd = fs_.open(path, OpenMode::kCreateNew);
  ASSERT_EQ(write_fully(fs_, fd, std::move(pieces), 0), 0);
  fs_.close(fd);
  EXPECT_EQ(*SpoolFiles(fs_, base_).read_whole(path, 1 << 20), wanted);
}

}  // namespace
}  // namespace postern::spool
