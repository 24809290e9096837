// SegmentWriter: the segment that is being appended to: opening it, laying records out, one write
// and one sync for many records, sealing.  After a failed write or sync the segment is given up:
// nothing is tried again on the same pages.
// Used by the committer's thread only.
#pragma once

#include <atomic>
#include <optional>
#include <variant>

#include "core/spool/catalog.h"
#include "core/spool/spare_segment.h"
#include "core/spool/spool_files.h"
#include "core/spool/store.h"

namespace postern::spool {

// One record on its way into the log.  `body` must stay valid until the flush.
struct OutgoingRecord {
  format::RecordType type{};
  std::string fields;
  std::string_view body;
  std::uint32_t crc = 0;  // CRC32C of fields and body
  std::variant<MessageNote, ChangeNote, RemovalNote> note;

  std::uint64_t size() const { return format::record_size(fields.size() + body.size()); }
};

class SegmentWriter {
 public:
  SegmentWriter(const SpoolFiles& files, const StoreOptions& options, const Clock& clock,
                QueueIdSource& ids, SpareSegment& spare, std::uint32_t next_number);

  bool is_open() const { return file_.get() >= 0; }
  std::uint32_t number() const { return summary_.segment; }
  // True where `size` more octets fit; `may_use_reserve`: into the part that is kept for changes
  // and removals, so that a full disk can still drain.
  bool fits(std::uint64_t size, bool may_use_reserve) const;

  // The next segment would be written faster: it is zeroed already, and this one is not.
  bool has_faster_next() const { return is_open() && !is_zeroed_ && spare_.is_ready(); }

  // Makes the next segment, at least large enough for `size`, durable with its name.  Seals the
  // one before where that succeeds; otherwise leaves it as it was.
  Result<void> open_next(std::uint64_t size, std::vector<SegmentSummary>& sealed);
  // Lays a record out behind what waits; sets the places in its note.
  void add(OutgoingRecord record);
  bool has_waiting() const { return !waiting_.empty(); }
  // Writes and syncs what was added and hands it back.  On failure the segment is closed, cut back
  // to what was synced and sealed.
  Result<std::vector<OutgoingRecord>> flush(std::vector<SegmentSummary>& sealed);
  void seal(std::vector<SegmentSummary>& sealed);

 private:
  struct Frame {
    std::array<char, format::kHeaderSize> header;
    std::string trailer;
  };

  Result<File> make_file(std::uint32_t number, std::uint64_t size);
  void drop_written();
  Result<void> start(std::uint32_t number, std::uint64_t size, std::uint32_t previous,
                     std::uint64_t previous_end);

  const SpoolFiles files_;
  const StoreOptions& options_;
  const Clock& clock_;
  QueueIdSource& ids_;
  SpareSegment& spare_;
  std::uint32_t next_number_;

  File file_;
  bool is_zeroed_ = false;     // made by spare_
  std::uint64_t size_ = 0;     // allocated
  std::uint64_t synced_ = 0;   // durable up to here
  std::uint64_t end_ = 0;      // with what waits
  std::uint64_t dropped_ = 0;  // not in the page cache any more, up to here
  SegmentSummary summary_;
  std::uint32_t last_sealed_ = 0;  // of this run
  std::uint64_t last_end_ = 0;
  std::vector<OutgoingRecord> waiting_;
  std::vector<Frame> frames_;
};

}  // namespace postern::spool
