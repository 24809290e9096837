// Janitor: gives space back.  Removes the large files of messages that are gone, deletes segments
// that hold nothing needed, and copies what lives in a mostly dead segment forward through the
// committer, slowly.  A thread of its own, or run() by hand.
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
  bool copy_message(const MessageNote& note, const Place& home);
  bool copy_change(const ChangeNote& note, const Place& place);
  bool submit_and_wait(std::function<void(RecordDone)> submit);
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
