#include "core/delivery/local/maildir.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "core/delivery/local/maildir_quota.h"
#include "tests/unit/delivery/local/temp_tree.h"

namespace postern::delivery {
namespace {

using testing::TempTree;

class MaildirTest : public ::testing::Test {
 protected:
  MaildirTest() {
    order.owner = {::getuid(), ::getgid()};
    order.base = tree.path();
    order.path = "example.com/alice/";
    order.prologue = "Return-Path: <s@x>\n";
    order.host = "mx.example";
  }
  LocalOutcome write(const std::string& text = "Subject: t\r\n\r\nhello\r\n") {
    return MaildirWriter(order).write(mail::MemoryContent(text));
  }
  std::size_t count(const std::string& name) { return tree.list(name).size(); }

  TempTree tree;
  MailboxOrder order;
};

TEST_F(MaildirTest, MessageLandsInNewWithLfLineEnds) {
  const auto done = write();
  ASSERT_TRUE(done.is_delivered()) << done.diagnostic;
  EXPECT_EQ(done.diagnostic, "delivered to maildir");
  const auto files = tree.list("example.com/alice/new");
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(TempTree::read_file(files[0]), "Return-Path: <s@x>\nSubject: t\n\nhello\n");
  EXPECT_NE(files[0].find("mx.example,S="), std::string::npos);
  EXPECT_EQ(count("example.com/alice/tmp"), 0u);
  struct stat status{};
  ASSERT_EQ(::stat(files[0].c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  EXPECT_TRUE(std::filesystem::is_directory(tree / "example.com/alice/cur"));
}

TEST_F(MaildirTest, ParallelDeliveriesNeverCollide) {
  std::atomic<int> good{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 25; ++i)
          good += write().is_delivered() ? 1 : 0;
      });
  }
  EXPECT_EQ(good, 100);
  EXPECT_EQ(count("example.com/alice/new"), 100u);
}

TEST_F(MaildirTest, MessageLimitAtMinusOneExactPlusOneAndThousandfold) {
  const std::string head = "S: t\r\n\r\n";
  order.size_limit = 100;
  for (const std::size_t size : {99u, 100u})
    EXPECT_TRUE(write(head + std::string(size - head.size(), 'x')).is_delivered());
  for (const std::size_t size : {101u, 100'000u}) {
    const auto done = write(head + std::string(size - head.size(), 'x'));
    EXPECT_EQ(done.outcome, mail::Outcome::kFailed);
    EXPECT_EQ(done.status, "5.2.3");
  }
  EXPECT_EQ(count("example.com/alice/new"), 2u);
}

TEST_F(MaildirTest, Row204SymlinkedMaildirIsRefused) {
  std::filesystem::create_directories(tree / "elsewhere");
  std::filesystem::create_directories(tree / "example.com");
  std::filesystem::create_directory_symlink(tree / "elsewhere", tree / "example.com/alice");
  const auto done = write();
  EXPECT_EQ(done.outcome, mail::Outcome::kDeferred);
  EXPECT_EQ(done.status, "4.2.0");
  EXPECT_FALSE(done.remedy.empty());
  EXPECT_EQ(count("elsewhere"), 0u);
}

TEST_F(MaildirTest, Row204SymlinkedNewTmpAndDomainAreRefused) {
  std::filesystem::create_directories(tree / "elsewhere");
  for (const std::string part : {"new", "tmp", "cur"}) {
    std::filesystem::remove_all(tree / "example.com");
    std::filesystem::create_directories(tree / "example.com/alice");
    std::filesystem::create_directory_symlink(tree / "elsewhere",
                                              tree / ("example.com/alice/" + part));
    EXPECT_EQ(write().outcome, mail::Outcome::kDeferred) << part;
  }
  std::filesystem::remove_all(tree / "example.com");
  std::filesystem::create_directory_symlink(tree / "elsewhere", tree / "example.com");
  EXPECT_EQ(write().outcome, mail::Outcome::kDeferred);
  EXPECT_EQ(count("elsewhere"), 0u);
}

TEST_F(MaildirTest, Row204FifoInPlaceOfADirectoryNeitherBlocksNorDelivers) {
  std::filesystem::create_directories(tree / "example.com/alice");
  ASSERT_EQ(::mkfifo((tree / "example.com/alice/new").c_str(), 0600), 0);
  EXPECT_EQ(write().outcome, mail::Outcome::kDeferred);
}

TEST_F(MaildirTest, Row204WorldWritableParentIsRefused) {
  std::filesystem::create_directories(tree / "example.com");
  ASSERT_EQ(::chmod((tree / "example.com").c_str(), 0777), 0);
  const auto done = write();
  EXPECT_EQ(done.outcome, mail::Outcome::kDeferred);
  EXPECT_NE(done.diagnostic.find("written by everybody"), std::string::npos) << done.diagnostic;
  ASSERT_EQ(::chmod((tree / "example.com").c_str(), 0755), 0);
  EXPECT_TRUE(write().is_delivered());
  ASSERT_EQ(::chmod(tree.path().c_str(), 0777), 0);
  EXPECT_EQ(write().outcome, mail::Outcome::kDeferred);
}

TEST_F(MaildirTest, Row204ForeignOwnerIsRefused) {
  if (::getuid() != 0) order.owner.uid = 0;  // only the owner check matters here
  std::filesystem::create_directories(tree / "example.com/alice");
  if (::getuid() == 0) {
    ASSERT_EQ(::chown((tree / "example.com/alice").c_str(), 65534, 65534), 0);
  }
  EXPECT_EQ(write().outcome, mail::Outcome::kDeferred);
}

TEST_F(MaildirTest, Row204DirectorySwapRaceNeverWritesElsewhere) {
  std::filesystem::create_directories(tree / "elsewhere/new");
  std::filesystem::create_directories(tree / "elsewhere/tmp");
  std::filesystem::create_directories(tree / "elsewhere/cur");
  std::filesystem::create_directories(tree / "example.com/alice");
  const auto mailbox = tree / "example.com/alice";
  const auto aside = tree / "example.com/aside";
  std::atomic<bool> stop{false};
  std::jthread attacker([&] {
    while (!stop) {
      (void)::rename(mailbox.c_str(), aside.c_str());
      (void)!::symlink((tree / "elsewhere").c_str(), mailbox.c_str());
      (void)::unlink(mailbox.c_str());
      (void)::rename(aside.c_str(), mailbox.c_str());
    }
  });
  for (int i = 0; i < 200; ++i)
    (void)write();
  stop = true;
  attacker.join();
  EXPECT_EQ(count("elsewhere/new"), 0u);
  EXPECT_EQ(count("elsewhere/tmp"), 0u);
}

TEST_F(MaildirTest, PathThatClimbsOutIsAConfigurationError) {
  for (const auto& path :
       std::vector<std::string>{"../x/", "a/../../x/", std::string("a\0b/", 4)}) {
    order.path = path;
    const auto done = write();
    EXPECT_EQ(done.outcome, mail::Outcome::kDeferred);
    EXPECT_EQ(done.status, "4.3.5");
  }
}

TEST_F(MaildirTest, FailedContentLeavesNothingBehind) {
  class Broken final : public mail::Content {
    std::uint64_t size() const override { return 10; }
    Result<std::size_t> read_at(std::uint64_t, std::span<char>) const override {
      return fail(ErrorKind::kCorrupt, "checksum");
    }
  };
  EXPECT_EQ(MaildirWriter(order).write(Broken()).outcome, mail::Outcome::kDeferred);
  EXPECT_EQ(count("example.com/alice/new"), 0u);
  EXPECT_EQ(count("example.com/alice/tmp"), 0u);
}

TEST_F(MaildirTest, QuotaRefusesWhatDoesNotFitAndAdmitsAfterCleaning) {
  order.quota = "200S,10C";
  ASSERT_TRUE(write().is_delivered());
  const auto done = write("S: t\r\n\r\n" + std::string(200, 'x') + "\r\n");
  EXPECT_EQ(done.outcome, mail::Outcome::kFailed);
  EXPECT_EQ(done.status, "5.2.2");
  for (int i = 0; i < 10; ++i)
    (void)write();
  EXPECT_EQ(write().status, "5.2.2");
  // The owner deletes mail with a client that does not know the format; a fresh count sees it.
  for (const auto& file : tree.list("example.com/alice/new"))
    std::filesystem::remove(file);
  EXPECT_TRUE(write().is_delivered());
}

TEST_F(MaildirTest, QuotaFileOfTheMailboxWinsAndGetsALine) {
  std::filesystem::create_directories(tree / "example.com/alice");
  tree.write("example.com/alice/maildirsize", "1000S\n10 1\n");
  ASSERT_TRUE(write().is_delivered());
  EXPECT_EQ(tree.read("example.com/alice/maildirsize"), "1000S\n10 1\n37 1\n");
}

TEST_F(MaildirTest, Row204QuotaFileThatIsASymlinkOrFifoIsRefused) {
  std::filesystem::create_directories(tree / "example.com/alice");
  tree.write("target", "1000S\n");
  std::filesystem::create_symlink(tree / "target", tree / "example.com/alice/maildirsize");
  EXPECT_EQ(write().outcome, mail::Outcome::kDeferred);
  std::filesystem::remove(tree / "example.com/alice/maildirsize");
  ASSERT_EQ(::mkfifo((tree / "example.com/alice/maildirsize").c_str(), 0600), 0);
  EXPECT_EQ(write().outcome, mail::Outcome::kDeferred);
  EXPECT_EQ(tree.read("target"), "1000S\n");
}

TEST(MaildirQuota, ParsesOnlyQuotas) {
  const auto both = parse_quota("5000S,10C");
  ASSERT_TRUE(both);
  EXPECT_EQ(both->octets, 5000u);
  EXPECT_EQ(both->messages, 10u);
  for (const auto* bad : {"x", "10", "10S10C", "99999999999999999999999S", "10X", "-1S"})
    EXPECT_FALSE(parse_quota(bad)) << bad;
}

}  // namespace
}  // namespace postern::delivery
