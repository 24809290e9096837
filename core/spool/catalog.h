// Catalog: what is live, and where: the message index and, for each segment, how much of it still
// matters.  A segment may go when none of its records is live and no removal in it is still needed
// to keep an older copy of a message dead.
// Not thread-safe: the store locks.  No file access.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "core/spool/message_index.h"

namespace postern::spool {

class Catalog {
 public:
  // `sealed`: no more records are coming.
  void add_segment(std::uint32_t segment, bool sealed);
  void seal_segment(std::uint32_t segment, std::uint64_t end);
  // The file and its name are durably gone.
  void forget_segment(std::uint32_t segment);
  bool has_segment(std::uint32_t segment) const { return segments_.contains(segment); }

  // Apply records in the order in which they lie in the log.
  void add_message(const MessageNote& note, std::uint32_t segment);
  void add_change(const ChangeNote& note, std::uint32_t segment);
  // True: the message had a large file, which may go.
  bool add_removal(const RemovalNote& note, std::uint32_t segment);
  // All records of a sealed segment that was not written in this run.
  void add_all(const SegmentSummary& summary);

  MessageIndex& index() { return index_; }
  const MessageIndex& index() const { return index_; }

  // Sealed segments that hold nothing needed, ascending.
  std::vector<std::uint32_t> deletable() const;
  // The sealed segment with the largest dead share, where that is above `dead_share`.
  std::optional<std::uint32_t> compaction_candidate(double dead_share) const;
  // True while a removal in `segment` of a message of `home` must be kept.
  bool removal_needed(std::uint32_t segment, std::uint32_t home) const;
  // All removals of `segment` that are still needed have been copied forward.  Only all at once: a
  // compaction that stopped half-way copies them again.
  void release_removals(std::uint32_t segment);

  std::size_t segment_count() const { return segments_.size(); }
  std::uint64_t live_octets() const;

 private:
  struct Pin {
    std::uint32_t moves = 0;
    std::uint32_t removals = 0;
    std::uint64_t octets = 0;  // of the removals
  };
  struct SegmentInfo {
    bool sealed = false;
    std::uint64_t end = 0;
    std::uint32_t live_records = 0;
    std::uint64_t live_octets = 0;
    std::map<std::uint32_t, Pin> pins;  // by segment that must be gone first
  };

  void retain(const Place& place);
  void release(const Place& place);
  // nullptr: nothing to wait for.
  Pin* pin(std::uint32_t segment, std::uint32_t on);

  MessageIndex index_;
  std::map<std::uint32_t, SegmentInfo> segments_;
};

}  // namespace postern::spool
