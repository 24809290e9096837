// Janitor: gives space back.  Removes the large files of messages that are gone, deletes segments
// that hold nothing needed, and copies what lives in a mostly dead segment forward through the
// committer, a few at a time and slowly: copies ride along with mail that waits and never make it
// wait for a sync of theirs.  A thread of its own, or run_once() by hand.
#pragma once

#include "core/spool/committer.h"
#include "core/spool/message_reader.h"
#include "core/spool/recovery.h"

namespace postern::spool {

class Janitor {
 public:
  Janitor(const SpoolFiles& files, const StoreOptions& options, SharedCatalog& shared,
          Committer& committer);
  ~Janitor() { stop(); }

  void start();
  void stop();
  // One round: everything deletable, at most one compaction.  One caller at a time.
  void run_once();
  // A damaged record: its octets go to corrupt/, the message out of the catalog and, for the next
  // start, out of the log.
  void drop_damaged(QueueId id, const Place& home, const std::string& reason);

 private:
  void run();
  void remove_large_files();
  bool delete_segments();
  void compact(std::uint32_t segment);
  // nullopt: nothing to copy any more.  An error ends this compaction.
  Result<std::optional<CopyJob>> move_of(const MessageNote& note, const Place& home);
  Result<std::optional<CopyJob>> copy_of(const ChangeNote& note, const Place& place);
  bool send(std::vector<CopyJob> jobs);
  bool pace(std::uint64_t octets);

  const SpoolFiles files_;
  const StoreOptions& options_;
  SharedCatalog& shared_;
  Committer& committer_;
  const MessageReader reader_;
  const SegmentScanner scanner_;

  std::mutex round_;  // one round at a time
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace postern::spool
