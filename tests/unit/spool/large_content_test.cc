#include "core/spool/large_content.h"

#include <gtest/gtest.h>

#include "tests/unit/spool/memory_spool.h"

namespace postern::spool {
namespace {

class LargeContentTest : public MemorySpool {
 protected:
  static std::string pattern(std::size_t size) {
    std::string out(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
      out[i] = static_cast<char>(i * 7 + i / 251);
    return out;
  }
};

TEST_F(LargeContentTest, ThresholdDecidesWhereContentLies) {
  start();
  const std::uint64_t limit = options_.large_content.value;
  for (const auto& [size, is_large] : {std::pair{limit - 1, false}, std::pair{limit, false},
                                       std::pair{limit + 1, true}, std::pair{limit * 1000, true}}) {
    const auto id = put(pattern(size));
    ASSERT_TRUE(id) << size;
    EXPECT_EQ(octets_of(*id), pattern(size));
    FileInfo info;
    EXPECT_EQ(disk_->info("/spool/large/" + id->to_string(), info) == 0, is_large) << size;
    if (is_large) {
      EXPECT_EQ(info.size, size);
    }
  }
}

TEST_F(LargeContentTest, AnyRangeReadsTheSameOctets) {
  start();
  const std::string whole = pattern(3 * kLargeBlock + 17);
  const auto id = put(whole);
  ASSERT_TRUE(id);
  const auto message = store_->read(*id);
  ASSERT_TRUE(message);
  for (const std::uint64_t offset :
       {std::uint64_t{0}, kLargeBlock - 1, std::uint64_t{kLargeBlock}, 2 * kLargeBlock + 3,
        whole.size() - 1, whole.size(), whole.size() + 5}) {
    for (const std::size_t length : {std::size_t{1}, std::size_t{100}, kLargeBlock + 1}) {
      std::string buffer(length, '\0');
      const auto got = message->content->read_at(offset, buffer);
      ASSERT_TRUE(got);
      const std::string wanted =
          offset < whole.size() ? whole.substr(offset, length) : std::string();
      EXPECT_EQ(buffer.substr(0, *got), wanted.substr(0, *got));
      EXPECT_EQ(*got == 0, wanted.empty());
    }
  }
}

TEST_F(LargeContentTest, FlippedBitIsCorruptionAndNeverHandedOut) {
  start();
  const auto id = put(pattern(3 * kLargeBlock));
  ASSERT_TRUE(id);
  (*disk_->octets("/spool/large/" + id->to_string()))[kLargeBlock + 5] ^= 4;
  const auto message = store_->read(*id);
  ASSERT_TRUE(message);
  char buffer[16];
  EXPECT_TRUE(message->content->read_at(0, buffer));
  EXPECT_EQ(message->content->read_at(kLargeBlock, buffer).error().kind, ErrorKind::kCorrupt);
  EXPECT_TRUE(message->content->read_at(2 * kLargeBlock, buffer));
}

TEST_F(LargeContentTest, MissingOrShortFileSetsTheMessageAside) {
  for (const bool is_missing : {true, false}) {
    start();
    const auto id = put(pattern(20'000));
    const auto other = put("small\r\n");
    ASSERT_TRUE(id && other);
    const std::string path = "/spool/large/" + id->to_string();
    if (is_missing) {
      disk_->unlink(path);
      restart();
      EXPECT_EQ(recovery_.corrupt_records, 1u);
      EXPECT_EQ(loaded_.size(), 1u);
    } else {
      disk_->octets(path)->resize(100);
      EXPECT_EQ(store_->read(*id).error().kind, ErrorKind::kCorrupt);
    }
    restart();
    ASSERT_EQ(loaded_.size(), 1u);
    EXPECT_EQ(octets_of(*other), "small\r\n");
    EXPECT_EQ(names("corrupt").size(), 1u);
    store_.reset();
    disk_ = std::make_unique<ForgettingFs>(ForgettingFs::Options{});
    fs_ = std::make_unique<FailingFs>(*disk_);
  }
}

TEST_F(LargeContentTest, UnfinishedMessageLeavesNoFile) {
  start();
  {
    auto writer = store_->new_content(store_->next_id());
    ASSERT_TRUE(writer->append(pattern(100'000)));
    EXPECT_EQ(names("large").size(), 1u);
  }
  EXPECT_TRUE(names("large").empty());
  {
    auto writer = store_->new_content(store_->next_id());
    ASSERT_TRUE(writer->append(pattern(100'000)));
    ASSERT_TRUE(writer->finish());
  }
  EXPECT_TRUE(names("large").empty());
}

TEST_F(LargeContentTest, Row193FailedWriteRefusesAndLeavesNoFile) {
  start();
  for (const int error : {ENOSPC, EDQUOT, EFBIG, EIO}) {
    fs_->fail_all(FsCall::kWrite, error);
    const auto refused = put(pattern(100'000));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, error == EIO ? ErrorKind::kIo : ErrorKind::kNoSpace);
    fs_->fail_all(std::nullopt);
    EXPECT_TRUE(names("large").empty());
  }
  EXPECT_TRUE(put(pattern(100'000)));
}

TEST_F(LargeContentTest, Row192FailedSyncOfTheFileOrItsDirectoryRefuses) {
  start();
  for (const FsCall call : {FsCall::kSyncData, FsCall::kSyncDirectory, FsCall::kClose}) {
    fs_->fail_all(call, EIO);
    EXPECT_EQ(put(pattern(100'000)).error().kind, ErrorKind::kIo);
    fs_->fail_all(std::nullopt);
    EXPECT_TRUE(names("large").empty());
  }
  clock_.advance(2s);
  EXPECT_TRUE(put(pattern(100'000)));
}

TEST_F(LargeContentTest, LeftoversOfAKilledProcessGoAtTheNextStart) {
  start();
  const auto kept = put(pattern(20'000));
  auto writer = store_->new_content(store_->next_id());
  ASSERT_TRUE(writer->append(pattern(100'000)));
  auto disk = disk_->after_kill();
  writer.reset();
  start_on(std::move(disk));
  EXPECT_EQ(names("large"), std::vector<std::string>{kept->to_string()});
}

TEST_F(LargeContentTest, LeftoversStayWhileARecordIsInCorrupt) {
  start();
  const auto id = put(pattern(20'000));
  ASSERT_TRUE(id);
  ASSERT_TRUE(put("another\r\n"));
  auto disk = disk_->after_kill();
  std::string* segment = disk->octets(segment_path(1));
  const auto at = segment->find("alice");
  ASSERT_NE(at, std::string::npos);
  (*segment)[at] ^= 1;
  start_on(std::move(disk));
  EXPECT_EQ(recovery_.corrupt_records, 1u);
  // The only copy of its content: an export can still have it.
  EXPECT_EQ(names("large"), std::vector<std::string>{id->to_string()});
}

}  // namespace
}  // namespace postern::spool
