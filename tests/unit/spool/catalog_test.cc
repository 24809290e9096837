// When a segment may go: not while a record in it lives, nor while a removal in it keeps an older
// copy of a message dead.
#include "core/spool/catalog.h"

#include <gtest/gtest.h>

namespace postern::spool {
namespace {

MessageNote message(std::uint64_t id, std::uint32_t offset, std::uint32_t moved_from = 0) {
  MessageNote out;
  out.id = QueueId(id);
  out.offset = offset;
  out.length = 100;
  out.moved_from = moved_from;
  return out;
}

class CatalogTest : public ::testing::Test {
 protected:
  CatalogTest() {
    for (const std::uint32_t segment : {1u, 2u, 3u})
      catalog_.add_segment(segment, true);
    for (const std::uint32_t segment : {1u, 2u, 3u})
      catalog_.seal_segment(segment, 1000);
  }
  using Segments = std::vector<std::uint32_t>;
  Catalog catalog_;
};

TEST_F(CatalogTest, SegmentOfLiveMessagesStays) {
  catalog_.add_message(message(1, 0), 1);
  EXPECT_EQ(catalog_.deletable(), (Segments{2, 3}));
  EXPECT_EQ(catalog_.live_octets(), 100u);
}

TEST_F(CatalogTest, OpenSegmentStays) {
  catalog_.add_segment(4, false);
  EXPECT_EQ(catalog_.deletable(), (Segments{1, 2, 3}));
}

TEST_F(CatalogTest, RemovalStaysUntilTheMessageItRemovesIsGone) {
  catalog_.add_message(message(1, 0), 1);
  catalog_.add_removal({QueueId(1), 0, 72, 1}, 2);
  EXPECT_EQ(catalog_.deletable(), (Segments{1, 3}));
  EXPECT_TRUE(catalog_.removal_needed(2, 1));
  catalog_.forget_segment(1);
  EXPECT_FALSE(catalog_.removal_needed(2, 1));
  EXPECT_EQ(catalog_.deletable(), (Segments{2, 3}));
}

TEST_F(CatalogTest, CopiedRemovalsAreLetGoTogetherAndMovesAreNot) {
  catalog_.add_message(message(1, 0), 1);
  catalog_.add_message(message(2, 100), 1);
  catalog_.add_message(message(3, 200), 1);
  catalog_.add_message(message(3, 0, 1), 2);  // moved
  catalog_.add_removal({QueueId(1), 100, 72, 1}, 2);
  catalog_.add_removal({QueueId(2), 172, 72, 1}, 2);
  catalog_.add_removal({QueueId(3), 244, 72, 2}, 2);
  // Copies of the first, twice, as a compaction that stopped and began again makes them.
  catalog_.add_removal({QueueId(1), 0, 72, 1}, 3);
  catalog_.add_removal({QueueId(1), 72, 72, 1}, 3);
  EXPECT_TRUE(catalog_.removal_needed(2, 1));
  EXPECT_EQ(catalog_.deletable(), Segments{1});
  catalog_.release_removals(2);
  EXPECT_EQ(catalog_.deletable(), Segments{1});  // the moved copy keeps its original dead
  catalog_.release_removals(3);
  EXPECT_EQ(catalog_.deletable(), (Segments{1, 3}));
}

TEST_F(CatalogTest, RemovalInTheSameSegmentGoesWithIt) {
  catalog_.add_message(message(1, 0), 1);
  catalog_.add_removal({QueueId(1), 100, 72, 1}, 1);
  EXPECT_EQ(catalog_.deletable(), (Segments{1, 2, 3}));
}

TEST_F(CatalogTest, MovedCopyStaysUntilTheOriginalIsGone) {
  catalog_.add_message(message(1, 0), 1);
  catalog_.add_message(message(1, 0, 1), 2);
  EXPECT_EQ(catalog_.deletable(), (Segments{1, 3}));
  // Removed: the removal keeps the copy dead, the copy's segment keeps the original dead.
  catalog_.add_removal({QueueId(1), 0, 72, 2}, 3);
  EXPECT_EQ(catalog_.deletable(), Segments{1});
  catalog_.forget_segment(1);
  EXPECT_EQ(catalog_.deletable(), Segments{2});
  catalog_.forget_segment(2);
  EXPECT_EQ(catalog_.deletable(), Segments{3});
}

TEST_F(CatalogTest, LatestChangeCountsAndEarlierOnesAreDead) {
  catalog_.add_message(message(1, 0), 1);
  catalog_.add_change({QueueId(1), 0, 50, 1, {.next_attempt_ns = 5}}, 2);
  EXPECT_EQ(catalog_.deletable(), Segments{3});
  catalog_.add_change({QueueId(1), 0, 50, 1, {.next_attempt_ns = 9, .attempts = 2}}, 3);
  EXPECT_EQ(catalog_.deletable(), Segments{2});
  EXPECT_EQ(catalog_.index().find(QueueId(1))->next_attempt_ns, 9);
}

TEST_F(CatalogTest, ChangeOfAMessageThatIsGoneIsNothing) {
  catalog_.add_change({QueueId(9), 0, 50, 1, {}}, 2);
  EXPECT_EQ(catalog_.deletable(), (Segments{1, 2, 3}));
}

TEST_F(CatalogTest, MostlyDeadSegmentIsTheCandidate) {
  catalog_.add_message(message(1, 0), 1);  // 90 % dead
  for (std::uint64_t id = 2; id < 8; ++id)
    catalog_.add_message(message(id, static_cast<std::uint32_t>(id) * 100), 2);  // 40 % dead
  EXPECT_EQ(catalog_.compaction_candidate(0.5), 1u);
  EXPECT_EQ(catalog_.compaction_candidate(0.95), std::nullopt);
}

TEST_F(CatalogTest, RecordsOfASummaryApplyInTheOrderOfTheLog) {
  SegmentSummary summary;
  summary.segment = 1;
  summary.end = 1000;
  summary.messages = {message(1, 0), message(2, 300)};
  summary.changes = {{QueueId(1), 100, 50, 1, {.next_attempt_ns = 7}}};
  summary.removals = {{QueueId(2), 400, 72, 1}};
  catalog_.add_all(summary);
  EXPECT_NE(catalog_.index().find(QueueId(1)), nullptr);
  EXPECT_EQ(catalog_.index().find(QueueId(1))->next_attempt_ns, 7);
  EXPECT_EQ(catalog_.index().find(QueueId(2)), nullptr);
}

}  // namespace
}  // namespace postern::spool
