#include "core/spool/segment_summary.h"

#include <gtest/gtest.h>

namespace postern::spool {
namespace {

SegmentSummary full() {
  SegmentSummary out;
  out.segment = 12;
  out.end = 0xfff00000;
  out.id_floor = QueueId(~0ull);
  out.messages = {{QueueId(1), 100, 200, 0, false, false, -5, 1, {}},
                  {QueueId(2),
                   300,
                   400,
                   11,
                   true,
                   true,
                   1'700'000'000'000'000'000,
                   1ull << 40,
                   {-1, 7, 0x0fffffff, true, true}}};
  out.changes = {{QueueId(1), 700, 64, 12, {9, 1, 1, false, true}}};
  out.removals = {{QueueId(3), 800, 72, 4}};
  return out;
}

TEST(SegmentSummary, ComesBackWhole) {
  const SegmentSummary summary = full();
  const auto back = parse_summary(encode(summary), 12);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->end, summary.end);
  EXPECT_EQ(back->id_floor, summary.id_floor);
  ASSERT_EQ(back->messages.size(), 2u);
  EXPECT_EQ(back->messages[1].id, QueueId(2));
  EXPECT_EQ(back->messages[1].offset, 300u);
  EXPECT_EQ(back->messages[1].length, 400u);
  EXPECT_EQ(back->messages[1].moved_from, 11u);
  EXPECT_TRUE(back->messages[1].is_large);
  EXPECT_TRUE(back->messages[1].has_many_recipients);
  EXPECT_EQ(back->messages[1].size, 1ull << 40);
  EXPECT_EQ(back->messages[1].schedule.next_attempt_ns, -1);
  EXPECT_EQ(back->messages[1].schedule.pending, 0x0fffffffu);
  EXPECT_TRUE(back->messages[1].schedule.held);
  EXPECT_EQ(back->messages[0].arrival_ns, -5);
  EXPECT_FALSE(back->messages[0].is_large);
  ASSERT_EQ(back->changes.size(), 1u);
  EXPECT_TRUE(back->changes[0].schedule.delay_warned);
  EXPECT_EQ(back->changes[0].home, 12u);
  ASSERT_EQ(back->removals.size(), 1u);
  EXPECT_EQ(back->removals[0].home, 4u);
  EXPECT_EQ(encode(*back), encode(summary));
}

TEST(SegmentSummary, EmptyOneComesBack) {
  SegmentSummary summary;
  summary.segment = 1;
  EXPECT_TRUE(parse_summary(encode(summary), 1));
}

TEST(SegmentSummary, OfAnotherSegmentIsNone) { EXPECT_FALSE(parse_summary(encode(full()), 13)); }

TEST(SegmentSummary, Row190EveryCutAndEveryFlipIsNoticed) {
  const std::string whole = encode(full());
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(parse_summary(whole.substr(0, length), 12)) << length;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    EXPECT_FALSE(parse_summary(damaged, 12)) << at;
  }
  EXPECT_FALSE(parse_summary(whole + "x", 12));
}

}  // namespace
}  // namespace postern::spool
