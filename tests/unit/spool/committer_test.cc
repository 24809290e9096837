// The one commit path: group commit, final failures, space that comes back.
#include <gtest/gtest.h>

#include <latch>

#include "tests/unit/spool/memory_spool.h"

namespace postern::spool {
namespace {

class CommitterTest : public MemorySpool {};

TEST_F(CommitterTest, LoneMessageIsSyncedOnceAndAtOnce) {
  start();
  count_syncs();
  ASSERT_TRUE(put("x\r\n"));
  EXPECT_EQ(syncs_, 1u);
}

TEST_F(CommitterTest, Row203SlowSyncMakesOthersWaitAndShareTheNextOne) {
  start();
  const auto first_sync = std::make_shared<std::latch>(1);
  const auto go = std::make_shared<std::latch>(1);
  fs_->set_hook([this, first_sync, go](FsCall call) {
    if (call != FsCall::kSyncData) return;
    if (syncs_++ == 0) {
      first_sync->count_down();
      go->wait();
    }
  });
  auto first = commit_later("first\r\n");
  first_sync->wait();
  std::vector<std::future<CommitResult>> others;
  for (int i = 0; i < 20; ++i)
    others.push_back(commit_later("other\r\n"));
  // The disk has not answered: nobody has a token.
  EXPECT_EQ(first.wait_for(0s), std::future_status::timeout);
  EXPECT_EQ(others[0].wait_for(0s), std::future_status::timeout);
  go->count_down();
  EXPECT_TRUE(first.get());
  for (auto& other : others)
    EXPECT_TRUE(other.get());
  EXPECT_EQ(syncs_, 2u);
  restart();
  EXPECT_EQ(loaded_.size(), 21u);
}

TEST_F(CommitterTest, Row192FailedSyncIsFinalAndTheSegmentIsLeft) {
  start();
  const auto before = put("kept\r\n");
  ASSERT_TRUE(before);
  fs_->fail_all(FsCall::kSyncData, EIO);
  const auto refused = put("refused\r\n");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kIo);
  EXPECT_FALSE(store_->accepting());
  fs_->fail_all(std::nullopt);
  // Well again: another segment, after the interval.
  clock_.advance(2s);
  auto again = put("again\r\n");
  if (!again) again = put("again\r\n");
  ASSERT_TRUE(again) << again.error().describe();
  EXPECT_TRUE(store_->accepting());
  EXPECT_EQ(octets_of(*before), "kept\r\n");
  restart();
  EXPECT_EQ(loaded_.size(), 2u);
  EXPECT_EQ(recovery_.corrupt_records, 0u);
}

TEST_F(CommitterTest, Row192RefusedMessageStaysRefusedAfterAPowerCut) {
  start();
  ASSERT_TRUE(put("kept\r\n"));
  // One sync fails, the next segment opens at once; the refused octets may still be on the disk,
  // and the summary that leaves them out may not.
  fs_->set_hook([this](FsCall call) {
    if (call == FsCall::kSyncData && syncs_++ == 0) fs_->fail_at(fs_->calls(), EIO);
  });
  ASSERT_FALSE(put("refused\r\n"));
  ASSERT_TRUE(put("later\r\n"));
  auto disk = disk_->after_kill();
  // What a power cut may take: the cut and the summary of the sealed segment.
  disk->unlink("/spool/log/00000001.sum");
  start_on(std::move(disk));
  EXPECT_EQ(loaded_.size(), 2u);
}

TEST_F(CommitterTest, Row193FullDiskRefusesWithNoSpaceAndStillDrains) {
  start();
  std::vector<QueueId> ids;
  for (int i = 0; i < 30; ++i) {
    const auto id = put(std::string(400, 'x'));
    ASSERT_TRUE(id);
    ids.push_back(*id);
  }
  for (const int error : {ENOSPC, EDQUOT, EFBIG}) {
    fs_->fail_all(FsCall::kAllocate, error);
    Result<QueueId> refused = QueueId(1);
    for (int i = 0; i < 40 && refused; ++i) {
      refused = put(std::string(400, 'x'));
      if (refused) ids.push_back(*refused);
    }
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::kNoSpace);
    EXPECT_FALSE(store_->accepting());
    // Delivery goes on in the room that is kept for it.
    ASSERT_TRUE(settle(ids.back(), 0, "ok"));
    ASSERT_TRUE(remove(ids.back()));
    ids.pop_back();
    fs_->fail_all(std::nullopt);
    clock_.advance(2s);
    auto again = put("again\r\n");
    if (!again) again = put("again\r\n");
    ASSERT_TRUE(again) << again.error().describe();
    ids.push_back(*again);
  }
  restart();
  EXPECT_EQ(loaded_.size(), ids.size());
}

TEST_F(CommitterTest, Row194LowSpaceInodesAndReadOnlyRefuseAndHealThemselves) {
  options_.min_free = ByteCount{1000};
  options_.min_free_inodes = 10;
  SpaceInfo well;
  well.free_octets = 1 << 30;
  well.free_inodes = 1000;
  well.total_inodes = 2000;
  disk_->set_space(well);
  start();
  ASSERT_TRUE(put("x\r\n"));
  const auto expect = [&](SpaceInfo space, std::optional<ErrorKind> refusal) {
    disk_->set_space(space);
    clock_.advance(2s);
    const auto id = put("x\r\n");
    ASSERT_EQ(id.has_value(), !refusal);
    if (refusal) {
      EXPECT_EQ(id.error().kind, *refusal);
    }
    EXPECT_EQ(store_->accepting(), !refusal);
  };
  SpaceInfo full = well;
  full.free_octets = 999;
  expect(full, ErrorKind::kNoSpace);
  full.free_octets = 1000;
  expect(full, std::nullopt);
  SpaceInfo no_inodes = well;
  no_inodes.free_inodes = 9;
  expect(no_inodes, ErrorKind::kNoSpace);
  no_inodes.free_inodes = 10;
  expect(no_inodes, std::nullopt);
  SpaceInfo read_only = well;
  read_only.is_read_only = true;
  expect(read_only, ErrorKind::kIo);
  expect(well, std::nullopt);
}

TEST_F(CommitterTest, Row195NoDescriptorsLeftRefusesAndHeals) {
  start();
  fs_->fail_all(FsCall::kOpen, EMFILE);
  Result<QueueId> refused = QueueId(1);
  for (int i = 0; i < 60 && refused; ++i)
    refused = put(std::string(400, 'x'));
  ASSERT_FALSE(refused);
  // Not kLimit: that would say the message is too large.
  EXPECT_EQ(refused.error().kind, ErrorKind::kIo);
  const auto large = put(std::string(20'000, 'x'));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().kind, ErrorKind::kIo);
  fs_->fail_all(std::nullopt);
  clock_.advance(2s);
  auto again = put("again\r\n");
  if (!again) again = put("again\r\n");
  EXPECT_TRUE(again);
}

TEST_F(CommitterTest, RecordLargerThanASegmentGetsOneOfItsOwn) {
  options_.large_content = ByteCount{1 << 20};
  start();
  const std::string octets(100'000, 'x');
  const auto id = put(octets);
  ASSERT_TRUE(id);
  restart();
  EXPECT_EQ(octets_of(*id), octets);
}

TEST_F(CommitterTest, ChangesOfOneMessageKeepTheirOrder) {
  start();
  const auto id = put("x\r\n", 2);
  ASSERT_TRUE(id);
  for (std::uint32_t i = 1; i <= 50; ++i) {
    Change change;
    change.id = *id;
    change.attempts = i;
    store_->record(std::move(change), nullptr);
  }
  ASSERT_TRUE(settle(*id, 1, "ok"));
  restart();
  ASSERT_EQ(loaded_.size(), 1u);
  EXPECT_EQ(loaded_[0].attempts, 50u);
  EXPECT_EQ(loaded_[0].pending, 1u);
}

TEST_F(CommitterTest, ChangeOfAnUnknownMessageIsNotFound) {
  start();
  EXPECT_EQ(remove(QueueId(5)).error().kind, ErrorKind::kNotFound);
}

TEST_F(CommitterTest, AfterCloseEverybodyIsToldSo) {
  start();
  const auto id = put("x\r\n");
  store_->close();
  store_->close();
  EXPECT_EQ(put("x\r\n").error().kind, ErrorKind::kClosed);
  EXPECT_EQ(put(std::string(20'000, 'x')).error().kind, ErrorKind::kClosed);
  EXPECT_EQ(remove(*id).error().kind, ErrorKind::kClosed);
}

TEST_F(CommitterTest, ProcessDurabilityNeverSyncs) {
  options_.durability = Durability::kProcess;
  start();
  count_syncs();
  const auto id = put("x\r\n");
  ASSERT_TRUE(id);
  ASSERT_TRUE(put(std::string(20'000, 'x')));
  EXPECT_EQ(syncs_, 0u);
  kill();
  EXPECT_EQ(loaded_.size(), 2u);
}

TEST_F(CommitterTest, TinyAndHugeSegmentsAreRefused) {
  for (const std::uint64_t size : {std::uint64_t{4095}, std::uint64_t{0xfff00001}}) {
    options_.segment_size = ByteCount{size};
    EXPECT_EQ(open().error().kind, ErrorKind::kInvalid) << size;
  }
  options_.segment_size = ByteCount{4096};
  EXPECT_TRUE(open());
}

}  // namespace
}  // namespace postern::spool
