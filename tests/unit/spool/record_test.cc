// Frames and the scan of a segment: what is whole is found, what is not is reported as what it is.
#include "core/spool/record.h"

#include <gtest/gtest.h>

#include "core/base/crc32c.h"

namespace postern::spool {
namespace {

using format::RecordType;

constexpr std::uint32_t kSegment = 7;

struct Layout {
  std::string octets;
  std::vector<std::uint64_t> offsets;
  std::uint32_t synced = 0;

  void add(std::string_view payload, RecordType type = RecordType::kMessage) {
    offsets.push_back(octets.size());
    const auto header = encode_header({.type = type,
                                       .length = static_cast<std::uint32_t>(payload.size()),
                                       .payload_crc = crc32c(payload),
                                       .segment = kSegment,
                                       .offset = static_cast<std::uint32_t>(octets.size()),
                                       .synced = synced});
    octets.append(header.data(), header.size());
    octets.append(payload);
    octets += encode_trailer(static_cast<std::uint32_t>(payload.size()));
  }
  // All so far was synced before what comes.
  void sync() { synced = static_cast<std::uint32_t>(octets.size()); }
};

struct Seen {
  std::vector<std::uint64_t> records;
  std::vector<Damage> damage;
  std::uint64_t end = 0;
};

Seen scan(const std::string& octets, std::optional<std::uint64_t> synced_end = std::nullopt) {
  Seen out;
  out.end =
      scan_segment(octets, kSegment,
                   {.record = [&](const Record& r) { out.records.push_back(r.header.offset); },
                    .damage = [&](const Damage& d) { out.damage.push_back(d); }},
                   synced_end);
  return out;
}

Layout three() {
  Layout out;
  out.add("first");
  out.sync();
  out.add(std::string(100, 'b'));
  out.sync();
  out.add("third, of odd length");
  return out;
}

TEST(Record, PayloadsOfEveryPaddingComeBack) {
  for (std::size_t length = 0; length < 40; ++length) {
    Layout layout;
    layout.add(std::string(length, 'x'));
    EXPECT_EQ(layout.octets.size(), format::record_size(length));
    EXPECT_EQ(layout.octets.size() % format::kAlignment, 0u);
    const auto record = read_record(layout.octets, kSegment, 0);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->payload, std::string(length, 'x'));
    EXPECT_EQ(record->end, layout.octets.size());
  }
}

TEST(Record, Row196EveryFlippedBitIsNoticed) {
  Layout layout;
  layout.add("some payload here");
  const std::size_t padding_begin = format::kHeaderSize + 17;
  const std::size_t padding_end = layout.octets.size() - format::kTrailerSize;
  for (std::size_t at = 0; at < layout.octets.size(); ++at) {
    if (at >= padding_begin && at < padding_end) continue;  // means nothing
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string damaged = layout.octets;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      EXPECT_FALSE(read_record(damaged, kSegment, 0)) << at << "." << bit;
    }
  }
}

TEST(Record, RecordOfAnotherPlaceIsNoRecord) {
  Layout layout;
  layout.add("x");
  EXPECT_FALSE(read_record(layout.octets, kSegment + 1, 0));
  EXPECT_FALSE(read_record("        " + layout.octets, kSegment, 8));
}

TEST(Scan, WholeSegmentHasNoDamage) {
  const Layout layout = three();
  const Seen seen = scan(layout.octets + std::string(4096, '\0'));
  EXPECT_EQ(seen.records, layout.offsets);
  EXPECT_TRUE(seen.damage.empty());
  EXPECT_EQ(seen.end, layout.octets.size());
}

TEST(Scan, Row196CutAtEachLengthLosesOnlyTheTail) {
  const Layout layout = three();
  for (std::size_t length = 0; length < layout.octets.size(); ++length) {
    const Seen seen = scan(layout.octets.substr(0, length));
    std::size_t whole = 0;
    while (whole + 1 < layout.offsets.size() && layout.offsets[whole + 1] <= length)
      ++whole;
    if (length == layout.octets.size()) ++whole;
    EXPECT_EQ(seen.records.size(), whole) << length;
    for (const Damage& damage : seen.damage)
      EXPECT_EQ(damage.kind, DamageKind::kTornTail) << length;
  }
}

TEST(Scan, DamageBeforeALaterSyncIsCorruption) {
  Layout layout = three();
  layout.octets[layout.offsets[1] + format::kHeaderSize + 3] ^= 1;
  const Seen seen = scan(layout.octets);
  EXPECT_EQ(seen.records, (std::vector<std::uint64_t>{layout.offsets[0], layout.offsets[2]}));
  ASSERT_EQ(seen.damage.size(), 1u);
  EXPECT_EQ(seen.damage[0].kind, DamageKind::kCorrupt);
  EXPECT_EQ(seen.damage[0].offset, layout.offsets[1]);
  EXPECT_EQ(seen.damage[0].length, layout.offsets[2] - layout.offsets[1]);
}

TEST(Scan, DamagedHeaderDoesNotHideTheNextRecord) {
  Layout layout = three();
  layout.octets[layout.offsets[1] + 9] ^= 1;  // the length
  const Seen seen = scan(layout.octets);
  EXPECT_EQ(seen.records, (std::vector<std::uint64_t>{layout.offsets[0], layout.offsets[2]}));
}

TEST(Scan, Row190TornBatchIsNoCorruption) {
  // Two records of one batch; the sectors of the first did not get there.
  Layout layout;
  layout.add("acknowledged");
  layout.sync();
  layout.add(std::string(200, 'a'));
  layout.add(std::string(200, 'b'));
  std::string octets = layout.octets;
  octets.replace(layout.offsets[1], 64, std::string(64, '\0'));
  const Seen seen = scan(octets);
  EXPECT_EQ(seen.records, (std::vector<std::uint64_t>{layout.offsets[0], layout.offsets[2]}));
  ASSERT_EQ(seen.damage.size(), 1u);
  EXPECT_EQ(seen.damage[0].kind, DamageKind::kTornTail);
}

TEST(Scan, NextSegmentsWordTellsTornFromCorrupt) {
  Layout layout = three();
  const std::uint64_t end = layout.octets.size();
  std::string damaged = layout.octets;
  damaged[layout.offsets[2] + format::kHeaderSize] ^= 1;
  ASSERT_EQ(scan(damaged).damage.size(), 1u);
  EXPECT_EQ(scan(damaged).damage[0].kind, DamageKind::kTornTail);
  ASSERT_EQ(scan(damaged, end).damage.size(), 1u);
  EXPECT_EQ(scan(damaged, end).damage[0].kind, DamageKind::kCorrupt);
}

TEST(Scan, NothingBehindTheNextSegmentsWordCounts) {
  const Layout layout = three();
  const Seen seen = scan(layout.octets, layout.offsets[2]);
  EXPECT_EQ(seen.records.size(), 2u);
  EXPECT_TRUE(seen.damage.empty());
}

TEST(Scan, SegmentShorterThanTheNextOneSaysIsCorrupt) {
  const Layout layout = three();
  const Seen seen = scan(layout.octets.substr(0, layout.offsets[2]), layout.octets.size());
  EXPECT_EQ(seen.records.size(), 2u);
  ASSERT_EQ(seen.damage.size(), 1u);
  EXPECT_EQ(seen.damage[0].kind, DamageKind::kCorrupt);
}

TEST(Scan, MailDataThatLooksLikeARecordIsNeverOne) {
  // A record laid into a message at the very offset where it believes itself to be.
  Layout outer;
  outer.add("first");
  outer.sync();
  const std::uint64_t begin = outer.octets.size();
  Layout inner;
  inner.octets = std::string(begin + format::kHeaderSize, '\0');
  inner.add("forged");
  outer.add(inner.octets.substr(begin + format::kHeaderSize) + std::string(64, 'x'));
  outer.octets[outer.octets.size() - 30] ^= 1;  // in its payload, behind the forged record
  const Seen seen = scan(outer.octets);
  EXPECT_EQ(seen.records, std::vector<std::uint64_t>{0});
}

}  // namespace
}  // namespace postern::spool
