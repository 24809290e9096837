// SpoolView: a spool as it lies on the disk, read without its lock and without changing anything:
// for tools, beside a running engine or when there is none, and from a damaged spool.  What a
// running engine writes or removes meanwhile may be seen or not; what is shown has validated.
// Blocks on the disk; not thread-safe.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/spool/catalog.h"
#include "core/spool/message_reader.h"
#include "core/spool/recovery.h"

namespace postern::spool {

class SpoolView {
 public:
  // A stretch of a segment that no valid record covers, or a segment that can't be read.
  struct Damaged {
    std::uint32_t segment = 0;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    bool is_torn = false;  // behind the last sync: never acknowledged
    std::string reason;
  };

  // Reads what every segment holds.  kNotFound: no spool there; kPermission, kIo.
  static Result<SpoolView> open(FileSystem& fs, const std::string& directory);

  // Ids of all live messages, oldest first.
  std::vector<QueueId> ids() const;
  std::size_t size() const { return catalog_.index().size(); }
  // kNotFound: no such message, or gone meanwhile; kCorrupt.
  Result<StoredMessage> read(QueueId id) const;
  // Every message that can be read, oldest first; false ends the walk.  `failed`, where given, is
  // told of those that can't.
  void for_each(const std::function<bool(const StoredMessage&)>& visit,
                const std::function<void(QueueId, const Error&)>& failed = nullptr) const;

  // Damage found while opening, beside what is in corrupt/ already (list_corrupt).
  const std::vector<Damaged>& damaged() const { return damaged_; }

 private:
  explicit SpoolView(SpoolFiles files)
      : files_(std::move(files)), scanner_(files_), reader_(files_) {}
  void add_segment(std::uint32_t segment);

  SpoolFiles files_;
  SegmentScanner scanner_;
  MessageReader reader_;
  Catalog catalog_;
  std::vector<Damaged> damaged_;
};

// What can be told of a message in a piece of damaged octets (a file of corrupt/): its header must
// be whole, its checksum need not match, and the mail data may be cut short.  kCorrupt: nothing.
Result<StoredMessage> salvage(std::string_view octets);

}  // namespace postern::spool
