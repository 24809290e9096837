#include "core/delivery/local/maildir_quota.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include "core/base/unique_fd.h"
#include "core/delivery/local/maildir.h"
#include "tests/unit/delivery/local/temp_tree.h"

namespace postern::delivery {
namespace {

using testing::TempTree;

class MaildirQuotaTest : public ::testing::Test {
 protected:
  MaildirQuotaTest() {
    for (const auto part : {"new", "cur", "tmp"})
      std::filesystem::create_directory(tree / part);
    maildir.reset(::open(tree.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  Result<void> admit(std::uint64_t octets, const std::string& configured = "") {
    return MaildirQuota(maildir.get(), configured).admit(octets);
  }
  void message(const std::string& name, std::size_t size) {
    tree.write(name, std::string(size, 'x'));
  }

  TempTree tree;
  UniqueFd maildir;
};

TEST_F(MaildirQuotaTest, OctetLimitAtMinusOneExactPlusOneAndThousandfold) {
  for (const std::uint64_t octets : {99u, 100u})
    EXPECT_TRUE(admit(octets, "100S")) << octets;
  for (const std::uint64_t octets : {101u, 100'000u}) {
    const auto refused = admit(octets, "100S");
    ASSERT_FALSE(refused) << octets;
    EXPECT_EQ(refused.error().kind, ErrorKind::kLimit);
  }
}

TEST_F(MaildirQuotaTest, MessageLimit) {
  message("new/1", 1);
  EXPECT_TRUE(admit(1, "2C"));
  message("cur/2", 1);
  EXPECT_TRUE(admit(1, "2C")) << "the sums are believed as long as they say yes";
  std::filesystem::remove(tree / "maildirsize");
  EXPECT_FALSE(admit(1, "2C"));
}

TEST_F(MaildirQuotaTest, ACountSeesFoldersNamesAndNoTrash) {
  std::filesystem::create_directories(tree / ".Sent/cur");
  std::filesystem::create_directories(tree / ".Trash/cur");
  message("new/1.h,S=500", 10);  // the name says 500
  message("cur/2.h:2,S", 40);
  message(".Sent/cur/3", 60);
  message(".Trash/cur/4", 100'000);
  message("new/.hidden", 100'000);
  EXPECT_TRUE(admit(400, "1000S"));
  EXPECT_EQ(tree.read("maildirsize"), "1000S,0C\n600 3\n");
  EXPECT_FALSE(admit(401, "1000S"));
}

TEST_F(MaildirQuotaTest, NoLimitMeansNoFile) {
  EXPECT_TRUE(admit(1'000'000'000, ""));
  EXPECT_TRUE(admit(1'000'000'000, "0S,0C"));
  EXPECT_FALSE(std::filesystem::exists(tree / "maildirsize"));
}

TEST_F(MaildirQuotaTest, HostileMaildirsizeIsCountedAnewOrRefused) {
  for (const std::string lines :
       {"9223372036854775807 1\n9223372036854775807 1\n", "-5 -5\n", "x y\n",
        "99999999999999999999 1\n", "1 99999999999999999999\n"}) {
    tree.write("maildirsize", "1000S\n" + lines);
    EXPECT_TRUE(admit(10)) << lines;
    EXPECT_EQ(tree.read("maildirsize"), "1000S,0C\n0 0\n") << lines;
  }
  // No quota in the first line: the configured one holds.
  tree.write("maildirsize", "garbage\n");
  EXPECT_FALSE(admit(10, "5S"));
}

TEST_F(MaildirQuotaTest, ALongFileIsRewrittenByACount) {
  std::string lines = "1000S\n";
  while (lines.size() <= MaildirQuota::kMaxFile)
    lines += "1 1\n";
  tree.write("maildirsize", lines);
  EXPECT_TRUE(admit(10));
  EXPECT_EQ(tree.read("maildirsize"), "1000S,0C\n0 0\n");
}

TEST_F(MaildirQuotaTest, AdditionsAreOneLineEach) {
  MaildirQuota quota(maildir.get(), "1000S");
  ASSERT_TRUE(quota.admit(10));
  quota.add(10);
  EXPECT_EQ(tree.read("maildirsize"), "1000S,0C\n0 0\n10 1\n");
}

TEST(MaildirDisk, Row193FullDiskDefersAndLeavesNothing) {
  ASSERT_EQ(::geteuid(), 0u) << "needs root, to mount a small tmpfs";
  const TempTree tree;
  const auto disk = tree / "disk";
  std::filesystem::create_directory(disk);
  ASSERT_EQ(::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=64k,mode=0755"), 0);
  MailboxOrder order;
  order.owner = {::getuid(), ::getgid()};
  order.base = disk;
  order.path = "joe/";
  order.host = "h";
  const auto full = MaildirWriter(order).write(
      mail::MemoryContent("S: t\r\n\r\n" + std::string(200'000, 'x') + "\r\n"));
  const auto left = tree.list("disk/joe/tmp").size() + tree.list("disk/joe/new").size();
  const bool again = MaildirWriter(order).write(mail::MemoryContent("S: t\r\n\r\n")).is_delivered();
  ASSERT_EQ(::umount(disk.c_str()), 0);
  EXPECT_EQ(full.outcome, mail::Outcome::kDeferred);
  EXPECT_EQ(full.status, "4.3.1");
  EXPECT_EQ(left, 0u);
  EXPECT_TRUE(again);
}

}  // namespace
}  // namespace postern::delivery
