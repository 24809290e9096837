// Starting on what others left: kills, damaged files, stale clocks.
#include "core/spool/recovery.h"

#include <gtest/gtest.h>

#include "core/base/crc32c.h"
#include "core/spool/payload.h"
#include "core/spool/record.h"
#include "tests/unit/spool/memory_spool.h"

namespace postern::spool {
namespace {

class RecoveryTest : public MemorySpool {
 protected:
  // Offset of the record of message `nth` in the first segment.
  std::uint64_t offset_of(std::size_t nth) {
    std::vector<std::uint64_t> offsets;
    scan_segment(*disk_->octets(segment_path(1)), 1,
                 {.record =
                      [&](const Record& record) {
                        if (record.header.type == format::RecordType::kMessage)
                          offsets.push_back(record.header.offset);
                      },
                  .damage = [](const Damage&) {}});
    return offsets.at(nth);
  }
};

TEST_F(RecoveryTest, Row197StartAfterAKillNeedsNoCleaning) {
  start();
  const auto id = put("x\r\n");
  kill();
  ASSERT_EQ(loaded_.size(), 1u);
  EXPECT_EQ(octets_of(*id), "x\r\n");
}

TEST_F(RecoveryTest, Row197SecondStoreOnTheSameSpoolIsRefused) {
  start();
  const auto second = Store::open(*fs_, options_, clock_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kExists);
}

TEST_F(RecoveryTest, Row196CorruptRecordIsSetAsideAndTheRestFlows) {
  start();
  std::vector<QueueId> ids;
  for (const char* octets : {"first\r\n", "second\r\n", "third\r\n"})
    ids.push_back(*put(octets));
  auto disk = disk_->after_kill();
  const std::uint64_t at = offset_of(1);
  (*disk->octets(segment_path(1)))[at + format::kHeaderSize + 20] ^= 1;
  start_on(std::move(disk));
  EXPECT_EQ(recovery_.corrupt_records, 1u);
  ASSERT_EQ(loaded_.size(), 2u);
  EXPECT_EQ(octets_of(ids[0]), "first\r\n");
  EXPECT_EQ(octets_of(ids[2]), "third\r\n");
  EXPECT_EQ(store_->read(ids[1]).error().kind, ErrorKind::kNotFound);
  const auto corrupt = list_corrupt(*fs_, "/spool");
  ASSERT_TRUE(corrupt);
  ASSERT_EQ(corrupt->size(), 1u);
  EXPECT_EQ(corrupt->front().segment, 1u);
  EXPECT_EQ(corrupt->front().offset, at);
  EXPECT_FALSE(corrupt->front().is_torn);
  // Told once, not at each start.
  restart();
  EXPECT_EQ(recovery_.corrupt_records, 0u);
  EXPECT_EQ(loaded_.size(), 2u);
}

TEST_F(RecoveryTest, Row196DamageThatIsOnlySeenWhenReadIsSetAsideThen) {
  start();
  const auto good = put("good\r\n");
  const auto bad = put("bad\r\n");
  store_.reset();  // sealed: the summary is believed at start
  (*disk_->octets(segment_path(1)))[offset_of(1) + format::kHeaderSize + 20] ^= 1;
  start();
  EXPECT_EQ(store_->read(*bad).error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(octets_of(*good), "good\r\n");
  EXPECT_EQ(list_corrupt(*fs_, "/spool")->size(), 1u);
  restart();
  ASSERT_EQ(loaded_.size(), 1u);
  EXPECT_EQ(loaded_[0].id, *good);
}

TEST_F(RecoveryTest, Row196SegmentCutAtEachLengthLosesNothingBefore) {
  options_.segment_size = ByteCount{4096};
  start();
  std::vector<QueueId> ids;
  for (int i = 0; i < 3; ++i)
    ids.push_back(*put("message " + std::to_string(i) + "\r\n"));
  const auto whole = disk_->after_kill();
  const std::size_t size = offset_of(2) + 400;
  std::vector<std::uint64_t> begins{offset_of(0), offset_of(1), offset_of(2)};
  for (std::size_t length = 0; length < size; length += 13) {
    auto disk = whole->after_kill();
    disk->octets(segment_path(1))->resize(length);
    start_on(std::move(disk));
    for (const IndexEntry& entry : loaded_)
      EXPECT_EQ(octets_of(entry.id).substr(0, 8), "message ");
    for (std::size_t i = 0; i + 1 < ids.size(); ++i)
      if (begins[i + 1] <= length) {
        EXPECT_EQ(octets_of(ids[i]), "message " + std::to_string(i) + "\r\n") << length;
      }
    ASSERT_TRUE(put("goes on\r\n"));
  }
}

TEST_F(RecoveryTest, Row196FilesOfTheWrongTypeAreRefusedOrLeftAlone) {
  start();
  const auto id = put("x\r\n");
  store_.reset();
  disk_->make_directory("/spool/log/00000009.seg");
  disk_->open("/spool/log/strange", OpenMode::kCreateNew);
  disk_->open("/spool/log/0000000g.seg", OpenMode::kCreateNew);
  start();
  ASSERT_EQ(loaded_.size(), 1u);
  EXPECT_EQ(loaded_[0].id, *id);
  FileInfo info;
  EXPECT_EQ(disk_->info("/spool/log/strange", info), 0);
}

TEST_F(RecoveryTest, Row190SummaryIsOnlyACache) {
  start();
  const auto id = put("x\r\n");
  store_.reset();
  for (const int damage : {0, 1, 2}) {
    std::string* summary = disk_->octets("/spool/log/00000001.sum");
    ASSERT_NE(summary, nullptr);
    if (damage == 0) (*summary)[20] ^= 1;
    if (damage == 1) summary->resize(summary->size() / 2);
    if (damage == 2) disk_->unlink("/spool/log/00000001.sum");
    start();
    ASSERT_EQ(loaded_.size(), 1u);
    EXPECT_EQ(octets_of(*id), "x\r\n");
    EXPECT_EQ(recovery_.corrupt_records, 0u);
    store_.reset();
  }
}

TEST_F(RecoveryTest, TornTailIsCutAndKept) {
  start();
  ASSERT_TRUE(put("x\r\n"));
  auto disk = disk_->after_kill();
  const std::uint64_t at = offset_of(0);
  std::string* segment = disk->octets(segment_path(1));
  const std::size_t allocated = segment->size();
  // Half a record behind the last whole one.
  const auto last = segment->find_last_not_of('\0');
  segment->replace((last / 8 + 1) * 8, 40, segment->substr(at, 40));
  start_on(std::move(disk));
  EXPECT_EQ(recovery_.torn_tails, 1u);
  EXPECT_EQ(recovery_.corrupt_records, 0u);
  EXPECT_EQ(loaded_.size(), 1u);
  EXPECT_LT(disk_->octets(segment_path(1))->size(), allocated);
  const auto kept = list_corrupt(*fs_, "/spool");
  ASSERT_EQ(kept->size(), 1u);
  EXPECT_TRUE(kept->front().is_torn);
}

TEST_F(RecoveryTest, KeptEvidenceIsBounded) {
  start();
  ASSERT_TRUE(put("x\r\n"));
  for (std::size_t i = 0; i < SegmentScanner::kMostItems; ++i)
    disk_->open(fmt::format("/spool/corrupt/{:08x}-00000000.corrupt", i + 10),
                OpenMode::kCreateNew);
  const SegmentScanner scanner(SpoolFiles(*fs_, "/spool"));
  EXPECT_FALSE(scanner.set_aside(1, {DamageKind::kCorrupt, 0, 1, ""}, "x"));
  disk_->unlink("/spool/corrupt/0000000a-00000000.corrupt");
  EXPECT_TRUE(scanner.set_aside(1, {DamageKind::kCorrupt, 0, 1, ""}, "x"));
}

TEST_F(RecoveryTest, Row201IdsNeverRepeatWhateverTheClockSays) {
  std::set<QueueId> seen;
  WallTime now = clock_.wall();
  for (const auto jump : {0h, 24h * 3650, -24h, -24h * 20000, 24h}) {
    clock_.set_wall(now + jump);
    start();
    for (int i = 0; i < 5; ++i) {
      const auto id = put("x\r\n");
      ASSERT_TRUE(id);
      EXPECT_TRUE(seen.insert(*id).second) << jump.count();
    }
    auto left = disk_->after_kill();
    store_.reset();
    fs_.reset();
    disk_ = std::move(left);
    fs_ = std::make_unique<FailingFs>(*disk_);
  }
}

TEST_F(RecoveryTest, Row201NewestSegmentWithoutAHeaderHidesNoIds) {
  start();
  const auto id = put("x\r\n");
  ASSERT_TRUE(id);
  store_.reset();
  // The next one got its name before the power went, and nothing else.
  const int fd = disk_->open(segment_path(2), OpenMode::kCreateNew);
  disk_->allocate(fd, 4096);
  disk_->close(fd);
  clock_.set_wall(clock_.wall() - 24h);
  start();
  const auto next = put("y\r\n");
  ASSERT_TRUE(next);
  EXPECT_GT(*next, *id);
  EXPECT_EQ(octets_of(*id), "x\r\n");
}

TEST_F(RecoveryTest, SegmentThatWasNeverUsedDoesNotJudgeTheOneBefore) {
  start();
  const auto first = put("first\r\n");
  const auto second = put("second\r\n");
  ASSERT_TRUE(first && second);
  auto disk = disk_->after_kill();
  // What an attempt to open the next segment leaves that failed after the first message; the second
  // went into the reserve of this one.
  const std::string payload =
      encode(SegmentHeaderPayload{2, clock_.wall(), *second, 1, offset_of(1)});
  const auto header = encode_header({.type = format::RecordType::kSegmentHeader,
                                     .length = static_cast<std::uint32_t>(payload.size()),
                                     .payload_crc = crc32c(payload),
                                     .segment = 2,
                                     .offset = 0,
                                     .synced = 0});
  disk->close(disk->open(segment_path(2), OpenMode::kCreateNew));
  *disk->octets(segment_path(2)) = std::string(header.data(), header.size()) + payload +
                                   encode_trailer(static_cast<std::uint32_t>(payload.size())) +
                                   std::string(1024, '\0');
  start_on(std::move(disk));
  EXPECT_EQ(loaded_.size(), 2u);
  EXPECT_EQ(octets_of(*second), "second\r\n");
}

TEST_F(RecoveryTest, UnreadableSegmentBlocksNothingAndLosesNothing) {
  start();
  std::vector<QueueId> ids;
  for (int i = 0; i < 60; ++i)
    ids.push_back(*put(std::string(500, 'x')));
  const auto large = put(std::string(20'000, 'y'));
  ASSERT_TRUE(large);
  ASSERT_GT(segments(), 2u);
  store_.reset();
  disk_->unlink("/spool/log/00000001.sum");
  // Every read of that one start fails for a while; large files of messages that can't be seen
  // must not be taken for leftovers.
  fs_->fail_all(FsCall::kRead, EIO);
  ASSERT_TRUE(open());
  const auto recovery = store_->load([](const IndexEntry&) {});
  ASSERT_TRUE(recovery);
  EXPECT_GT(recovery->corrupt_records, 0u);
  store_->maintain();
  fs_->fail_all(std::nullopt);
  restart();
  EXPECT_EQ(loaded_.size(), ids.size() + 1);
  EXPECT_EQ(octets_of(*large), std::string(20'000, 'y'));
}

TEST_F(RecoveryTest, Row202RecordOfALaterVersionIsSetAsideNotGuessedAt) {
  start();
  const auto first = put("first\r\n");
  const auto second = put("second\r\n");
  ASSERT_TRUE(put("third\r\n"));
  auto disk = disk_->after_kill();
  (*disk->octets(segment_path(1)))[offset_of(1) + 4] = 2;  // the version
  start_on(std::move(disk));
  EXPECT_EQ(recovery_.corrupt_records, 1u);
  EXPECT_EQ(octets_of(*first), "first\r\n");
  EXPECT_EQ(store_->read(*second).error().kind, ErrorKind::kNotFound);
}

TEST_F(RecoveryTest, VolatileFileSystemIsRefusedUnlessForced) {
  SpaceInfo volatile_space;
  volatile_space.free_octets = 1 << 30;
  volatile_space.is_volatile = true;
  volatile_space.type = "tmpfs";
  disk_->set_space(volatile_space);
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid);
  options_.allow_volatile = true;
  EXPECT_TRUE(open());
  store_.reset();
  options_.allow_volatile = false;
  options_.durability = Durability::kProcess;
  EXPECT_TRUE(open());
}

TEST_F(RecoveryTest, DirectoriesAreSyncedAgainAfterAKilledFirstStart) {
  fs_->fail_all(FsCall::kSyncDirectory, EIO);
  EXPECT_FALSE(open());
  fs_->fail_all(std::nullopt);
  start();
  const auto id = put("x\r\n");
  ASSERT_TRUE(id);
  start_on(disk_->after_power_cut([](std::size_t) { return false; }));
  ASSERT_EQ(loaded_.size(), 1u);
  EXPECT_EQ(octets_of(*id), "x\r\n");
}

}  // namespace
}  // namespace postern::spool
