#include "core/spool/recovery.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "core/base/log.h"
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
  auto summary = scan(segment, recovery);
  if (!summary) return summary;
  if (auto kept = files_.write_cache(files_.summary(segment), encode(*summary)); !kept)
    log::warning("spool", "{}", kept.error().describe());
  return summary;
}

Result<SegmentSummary> SegmentScanner::scan(std::uint32_t segment, Recovery& recovery) const {
  const std::string path = files_.segment(segment);
  const auto octets = files_.read_whole(path, format::kMaxSegmentSize);
  if (!octets) return std::unexpected(octets.error());
  SegmentSummary summary;
  summary.segment = segment;
  const auto damaged = [&](const Damage& damage) {
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
    set_aside(segment, damage, std::string_view(*octets).substr(damage.offset, damage.length));
  };
  scan_segment(*octets, segment,
               {.record =
                    [&](const Record& record) {
                      if (summary.note(record)) return;
                      damaged({DamageKind::kCorrupt, record.header.offset,
                               record.end - record.header.offset, "malformed payload"});
                    },
                .damage = damaged});
  return summary;
}

void SegmentScanner::set_aside(std::uint32_t segment, const Damage& damage,
                               std::string_view octets) const {
  std::vector<std::string> names;
  if (files_.fs().list(files_.corrupt_directory(), names) == 0 && names.size() >= kMostItems) {
    log::error("spool", "{} holds {} items already; nothing more is kept there",
               files_.corrupt_directory(), names.size());
    return;
  }
  const std::string path =
      fmt::format("{}/{:08x}-{:08x}.{}", files_.corrupt_directory(), segment, damage.offset,
                  damage.kind == DamageKind::kTornTail ? "torn" : "corrupt");
  if (auto kept = files_.write_cache(path, octets); !kept)
    log::error("spool", "{}", kept.error().describe());
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
