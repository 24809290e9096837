// Recovery: reads segments that nobody sealed, and sets damaged octets aside in corrupt/, where
// tools list them.  A start that finds damage goes on: nothing blocks the messages that are whole.
// Blocks on the disk; used by the store at start, by the compactor and by tools.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/spool/record.h"
#include "core/spool/segment_summary.h"
#include "core/spool/spool_files.h"
#include "core/spool/store.h"

namespace postern::spool {

// One file of corrupt/.
struct CorruptItem {
  std::uint32_t segment = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool is_torn = false;  // behind the last sync: never acknowledged
  std::string path;
};

class SegmentScanner {
 public:
  explicit SegmentScanner(const SpoolFiles& files) : files_(files) {}

  // The summary from its file where that is valid, else by a scan of the segment; then damage is
  // set aside, counted into `recovery` and logged, and the summary is kept for next time.
  Result<SegmentSummary> summary_of(std::uint32_t segment, Recovery& recovery) const;
  // For a segment that no process writes any more and nobody sealed: syncs it first, so that
  // nothing is done by records that a loss of power could still take back; afterwards cuts the torn
  // tail and the preallocated rest off.
  Result<SegmentSummary> recover(std::uint32_t segment, Recovery& recovery, bool durable) const;
  // The same by reading alone: no lock, no file is written, nothing is counted or logged; damage
  // goes to `damaged`.
  using OnDamage = std::function<void(const Damage&, std::string_view octets)>;
  Result<SegmentSummary> survey(std::uint32_t segment, const OnDamage& damaged) const;
  // nullopt: there is no valid summary file.
  std::optional<SegmentSummary> cached_summary(std::uint32_t segment) const;
  // Keeps the octets as corrupt/<segment>-<offset>.<corrupt|torn>; at most kMostItems files.
  // False: they could not be kept.
  bool set_aside(std::uint32_t segment, const Damage& damage, std::string_view octets) const;

  static constexpr std::size_t kMostItems = 1000;

 private:
  Result<SegmentSummary> scan(std::uint32_t segment, const OnDamage& damaged) const;
  // What the header of the next segment that was used says of this one.
  std::optional<std::uint64_t> synced_end(std::uint32_t segment) const;
  // Sets aside, counts, logs.  False: could not be set aside.
  bool report(std::uint32_t segment, const Damage& damage, std::string_view octets,
              Recovery& recovery) const;
  void cut(std::uint32_t segment, std::uint64_t end) const;

  const SpoolFiles files_;
};

// Everything in corrupt/, by segment and offset.  Needs no lock.
Result<std::vector<CorruptItem>> list_corrupt(FileSystem& fs, const std::string& directory);

}  // namespace postern::spool
