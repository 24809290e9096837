#include "core/spool/spare_segment.h"

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
  for (int i = 0; i < 3; ++i)  // more than one segment holds, less than two
    EXPECT_TRUE(commit_later(std::string(6000, 'x')).get());
  EXPECT_FALSE(has_spare());
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
