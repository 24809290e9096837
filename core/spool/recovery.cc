#include "core/spool/recovery.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "core/base/log.h"
#include "core/spool/payload.h"
#include "core/spool/spool_metrics.h"

namespace postern::spool {

std::optional<SegmentSummary> SegmentScanner::cached_summary(std::uint32_t segment) const {
  FileInfo info;
  if (files_.fs().info(files_.segment(segment), info) != 0) return std::nullopt;
  const auto octets = files_.read_whole(files_.summary(segment), 1u << 30);
  if (!octets) return std::nullopt;
  auto summary = parse_summary(*octets, segment);
  // A segment cut short after it was sealed must be looked at.
  if (summary && summary->end > info.size) return std::nullopt;
  return summary;
}

Result<SegmentSummary> SegmentScanner::summary_of(std::uint32_t segment, Recovery& recovery) const {
  if (auto summary = cached_summary(segment)) return std::move(*summary);
  auto summary = scan(segment, [&](const Damage& damage, std::string_view octets) {
    report(segment, damage, octets, recovery);
  });
  if (!summary) return summary;
  if (auto kept = files_.write_cache(files_.summary(segment), encode(*summary)); !kept)
    log::warning("spool", "{}", kept.error().describe());
  return summary;
}

Result<SegmentSummary> SegmentScanner::recover(std::uint32_t segment, Recovery& recovery,
                                               bool durable) const {
  if (auto summary = cached_summary(segment)) return std::move(*summary);
  if (durable) {
    File file(files_.fs(), files_.fs().open(files_.segment(segment), OpenMode::kWrite));
    if (!file || files_.fs().sync_data(file.get()) != 0)
      log::warning("spool", "{}", fail_errno("sync " + files_.segment(segment)).error().describe());
  }
  bool all_kept = true;
  auto summary = scan(segment, [&](const Damage& damage, std::string_view octets) {
    all_kept = report(segment, damage, octets, recovery) && all_kept;
  });
  if (!summary) return summary;
  // A segment without one valid record is left for an eye to look at.
  if (all_kept && summary->end != 0) cut(segment, summary->end);
  if (auto kept = files_.write_cache(files_.summary(segment), encode(*summary)); !kept)
    log::warning("spool", "{}", kept.error().describe());
  return summary;
}

Result<SegmentSummary> SegmentScanner::survey(std::uint32_t segment,
                                              const OnDamage& damaged) const {
  if (auto summary = cached_summary(segment)) return std::move(*summary);
  return scan(segment, damaged);
}

std::optional<std::uint64_t> SegmentScanner::synced_end(std::uint32_t segment) const {
  constexpr std::uint64_t kHeaderRecord = 4096;  // more than it can have
  const auto segments = files_.segments();
  if (!segments) return std::nullopt;
  for (auto next = std::ranges::upper_bound(*segments, segment); next != segments->end(); ++next) {
    const auto octets = files_.read_range(files_.segment(*next), 0, kHeaderRecord);
    if (!octets) return std::nullopt;
    const auto record = read_record(*octets, *next, 0);
    if (!record || record->header.type != format::RecordType::kSegmentHeader) continue;
    // One that holds nothing else may be of an attempt that failed: the writer went on in the
    // segment before it, and what was said of that no longer holds.
    const auto second = parse_header(std::string_view(*octets).substr(record->end));
    if (!second || second->segment != *next || second->offset != record->end) continue;
    const auto header = parse_segment_header(record->payload);
    if (!header || header->previous != segment) return std::nullopt;
    return header->previous_end;
  }
  return std::nullopt;
}

Result<SegmentSummary> SegmentScanner::scan(std::uint32_t segment, const OnDamage& damaged) const {
  const auto octets = files_.read_whole(files_.segment(segment), format::kMaxSegmentSize);
  if (!octets) return std::unexpected(octets.error());
  SegmentSummary summary;
  summary.segment = segment;
  const auto found = [&](const Damage& damage) {
    damaged(damage, std::string_view(*octets).substr(damage.offset, damage.length));
  };
  scan_segment(*octets, segment,
               {.record =
                    [&](const Record& record) {
                      if (summary.note(record)) return;
                      found({DamageKind::kCorrupt, record.header.offset,
                             record.end - record.header.offset, "malformed payload"});
                    },
                .damage = found},
               synced_end(segment));
  return summary;
}

bool SegmentScanner::report(std::uint32_t segment, const Damage& damage, std::string_view octets,
                            Recovery& recovery) const {
  const std::string path = files_.segment(segment);
  const bool torn = damage.kind == DamageKind::kTornTail;
  ++(torn ? recovery.torn_tails : recovery.corrupt_records);
  if (torn) {
    log::info("spool", "{}: {} octets at offset {} were being written when the machine stopped",
              path, damage.length, damage.offset);
  } else {
    SpoolMetrics::get().count_corrupt();
    log::error("spool", "{}: {} damaged octets at offset {} ({}); set aside in {}", path,
               damage.length, damage.offset, damage.reason, files_.corrupt_directory());
  }
  return set_aside(segment, damage, octets);
}

void SegmentScanner::cut(std::uint32_t segment, std::uint64_t end) const {
  const std::string path = files_.segment(segment);
  FileInfo info;
  if (files_.fs().info(path, info) != 0 || info.size <= end) return;
  File file(files_.fs(), files_.fs().open(path, OpenMode::kWrite));
  if (!file || files_.fs().truncate(file.get(), end) != 0)
    log::warning("spool", "{}", fail_errno("cut " + path).error().describe());
}

bool SegmentScanner::set_aside(std::uint32_t segment, const Damage& damage,
                               std::string_view octets) const {
  std::vector<std::string> names;
  if (files_.fs().list(files_.corrupt_directory(), names) == 0 && names.size() >= kMostItems) {
    log::error("spool", "{} holds {} items already; nothing more is kept there",
               files_.corrupt_directory(), names.size());
    return false;
  }
  const std::string path =
      fmt::format("{}/{:08x}-{:08x}.{}", files_.corrupt_directory(), segment, damage.offset,
                  damage.kind == DamageKind::kTornTail ? "torn" : "corrupt");
  // The place it came from may be cut or deleted soon: the evidence must not depend on it.
  const auto kept = files_.write_durably(path, octets);
  if (!kept) log::error("spool", "{}", kept.error().describe());
  return kept.has_value();
}

Result<std::vector<CorruptItem>> list_corrupt(FileSystem& fs, const std::string& directory) {
  const SpoolFiles files(fs, directory);
  std::vector<std::string> names;
  if (fs.list(files.corrupt_directory(), names) != 0)
    return fail_errno("spool: list " + files.corrupt_directory());
  std::vector<CorruptItem> out;
  for (const std::string& name : names) {
    // "0000001a-00012340.corrupt"
    if (name.size() < 18 || name[8] != '-' || name[17] != '.') continue;
    CorruptItem item;
    item.path = files.corrupt_directory() + "/" + name;
    FileInfo info;
    if (fs.info(item.path, info) != 0) continue;
    item.segment = static_cast<std::uint32_t>(std::strtoul(name.c_str(), nullptr, 16));
    item.offset = std::strtoull(name.c_str() + 9, nullptr, 16);
    item.length = info.size;
    item.is_torn = name.ends_with(".torn");
    out.push_back(std::move(item));
  }
  std::ranges::sort(out, [](const CorruptItem& a, const CorruptItem& b) {
    return std::pair(a.segment, a.offset) < std::pair(b.segment, b.offset);
  });
  return out;
}

}  // namespace postern::spool
