// Committer: the thread that writes.  It gathers all jobs that wait, writes them in one go, syncs
// once and completes them all; the next batch forms while it syncs.  Nothing else makes a
// CommitToken.  Jobs of one message keep their order.
// submit() is thread-safe; callbacks run on the committer's thread, back to back.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <variant>

#include "core/spool/large_content.h"
#include "core/spool/segment_writer.h"

namespace postern::spool {

// What the store's threads share.
struct SharedCatalog {
  std::mutex mutex;
  Catalog catalog;
  bool loaded = false;          // all segments are in the catalog
  bool settled = false;         // load() is over: segments may go
  std::vector<QueueId> doomed;  // removed messages whose large file may go
};

// A new message; its fields are already encoded by the submitter.
struct CommitJob {
  MessageNote note;
  std::string fields;
  std::uint32_t crc = 0;
  mail::ContentPtr content;
  std::shared_ptr<LargeContent> large;  // where content is one
  CommitDone done;
};

struct ChangeJob {
  Change change;
  RecordDone done;
};

// The compactor's copies.  Dropped without error where the message has moved on meanwhile.
struct MoveJob {
  MessageNote note;
  Place home;  // as it was read
  Place change;
  std::string payload;
  RecordDone done;
};
struct CopyChangeJob {
  ChangeNote note;
  Place place;
  std::string payload;
  RecordDone done;
};
struct CopyRemovalJob {
  RemovalNote note;
  std::uint32_t from = 0;
  RecordDone done;
};

using Job = std::variant<CommitJob, ChangeJob, MoveJob, CopyChangeJob, CopyRemovalJob>;
using CopyJob = std::variant<MoveJob, CopyChangeJob, CopyRemovalJob>;

class Committer {
 public:
  Committer(const SpoolFiles& files, const StoreOptions& options, const Clock& clock,
            QueueIdSource& ids, SharedCatalog& shared, SpareSegment& spare,
            std::uint32_t next_segment);
  ~Committer() { stop(); }

  // Opens the first segment and starts the thread.  kNoSpace: the thread runs, accepting() is
  // false until there is space.
  Result<void> start();
  void submit(Job job);
  // Writes what waits, seals the segment, joins.  Idempotent.  Jobs after it fail with kClosed.
  void stop();
  bool accepting() const { return accepting_.load(std::memory_order_relaxed); }

 private:
  void run();
  static bool is_urgent(const Job& job);
  void process(std::vector<Job> batch);
  void process_one(Job job);
  Result<std::optional<OutgoingRecord>> prepare(Job& job);
  Result<std::optional<OutgoingRecord>> prepare_change(const Change& change);
  Result<void> merge_earlier(const MessageIndex::Slot& slot, ChangePayload& out);
  Result<void> make_room(std::uint64_t size, bool may_use_reserve);
  Result<void> open_segment(std::uint64_t size);
  void flush();
  void apply(OutgoingRecord& record);
  void note_sealed();
  void check_space();
  void heal();
  void judge_accepting();
  void complete(Job& job, const Error* error);

  const SpoolFiles files_;
  const StoreOptions& options_;
  const Clock& clock_;
  SharedCatalog& shared_;

  // The thread's own.
  SegmentWriter writer_;
  std::vector<Job> in_flight_;                 // parallel to what writer_ holds
  std::unordered_set<QueueId> ids_in_flight_;  // of changes and copies
  std::vector<SegmentSummary> sealed_;
  std::optional<Error> open_error_;   // of this batch: one attempt is enough
  bool is_open_failed_ = false;       // the last attempt to open a segment failed
  SteadyTime healed_{};               // the last attempt to be well again
  std::optional<Error> space_error_;  // commits fail with it
  SteadyTime space_checked_{};
  std::size_t last_batch_ = 0;  // jobs taken at a time

  std::atomic<bool> accepting_{false};
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::vector<Job> waiting_;
  bool urgent_ = false;
  bool stopping_ = false;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace postern::spool
