#include "core/spool/spare_segment.h"

#include <algorithm>

#include "tests/unit/spool/memory_spool.h"

namespace postern::spool {
namespace {

// The spare made by maintain(), and the store that takes it.
class SpareSegmentTest : public MemorySpool {
 protected:
  bool has_spare() {
    FileInfo info;
    return fs_->info("/spool/log/spare", info) == 0;
  }
};

TEST_F(SpareSegmentTest, IsMadeInFullSizeAndZeroed) {
  start();
  store_->maintain();
  const auto octets = SpoolFiles(*fs_, "/spool").read_whole("/spool/log/spare", 1 << 20);
  ASSERT_TRUE(octets);
  EXPECT_EQ(octets->size(), options_.segment_size.value);
  EXPECT_EQ(octets->find_first_not_of('\0'), std::string::npos);
}

TEST_F(SpareSegmentTest, BecomesTheNextSegmentWithoutAnAllocation) {
  start();
  store_->maintain();
  fs_->fail_all(FsCall::kAllocate, ENOSPC);
  EXPECT_TRUE(commit_later(std::string(6000, 'x')).get());
  EXPECT_FALSE(has_spare());
}

TEST_F(SpareSegmentTest, ASegmentThatIsOnlyAllocatedIsLeftForItAndAZeroedOneIsNot) {
  const auto segments = [&] {
    std::vector<std::string> names;
    EXPECT_EQ(fs_->list("/spool/log", names), 0);
    return std::ranges::count_if(
        names, [](const std::string& name) { return name.find("spare") == std::string::npos; });
  };
  start();
  ASSERT_TRUE(commit_later("first").get());
  const auto before = segments();
  store_->maintain();
  ASSERT_TRUE(commit_later("second").get());
  EXPECT_FALSE(has_spare()) << "taken, though there was room";
  const auto after = segments();
  EXPECT_GT(after, before);
  store_->maintain();
  ASSERT_TRUE(commit_later("third").get());
  EXPECT_TRUE(has_spare()) << "kept until the zeroed segment is full";
  EXPECT_EQ(segments(), after);
  restart();
  EXPECT_EQ(loaded_.size(), 3u);
}

TEST_F(SpareSegmentTest, MessagesInItSurviveALossOfPower) {
  start();
  store_->maintain();
  for (int i = 0; i < 4; ++i)
    ASSERT_TRUE(commit_later(std::string(6000, 'x')).get());
  auto left = disk_->after_power_cut([](std::size_t) { return false; });
  start_on(std::move(left));
  EXPECT_EQ(loaded_.size(), 4u);
  EXPECT_EQ(recovery_.corrupt_records, 0u);
}

TEST_F(SpareSegmentTest, OneOfAnEarlierRunIsNotTrusted) {
  start();
  store_->maintain();
  ASSERT_TRUE(has_spare());
  restart();
  EXPECT_FALSE(has_spare());
}

TEST_F(SpareSegmentTest, AFailureLeavesNothingBehind) {
  start();
  for (const FsCall kind : {FsCall::kWrite, FsCall::kSyncData, FsCall::kRename}) {
    fs_->fail_all(kind, EIO);
    store_->maintain();
    fs_->fail_all(std::nullopt);
    std::vector<std::string> names;
    ASSERT_EQ(fs_->list("/spool/log", names), 0);
    for (const std::string& name : names)
      EXPECT_FALSE(name.starts_with("spare")) << name;
  }
  store_->maintain();
  EXPECT_TRUE(has_spare());
}

TEST_F(SpareSegmentTest, IsNotMadeWhereSpaceIsShort) {
  options_.min_free = ByteCount{~0ull >> 1};
  start();
  store_->maintain();
  EXPECT_FALSE(has_spare());
}

}  // namespace
}  // namespace postern::spool
