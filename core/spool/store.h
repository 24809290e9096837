// Store: the durable home of queued messages.  A segmented append-only log with group commit: all
// sessions that wait share one write and one fdatasync.  Format: FORMAT.md.  Contract: a message
// whose CommitToken exists survives SIGKILL and loss of power.
// Thread-safe.  Callbacks run on the committer's thread: they post to their own executor and
// return.  Functions that may block on the disk say so.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/units.h"
#include "core/spool/commit_token.h"
#include "core/spool/message_state.h"

namespace postern::spool {

class FileSystem;

enum class Durability {
  kDurable,  // fdatasync before the token: survives loss of power
  kProcess,  // write(2) before the token: survives a crash of the process, not of the machine
  kMemory,   // nothing is written: tests and benches
};

struct StoreOptions {
  std::string directory;
  Durability durability = Durability::kDurable;
  bool allow_volatile = false;  // kDurable on tmpfs and the like refuses to open unless this is set
  ByteCount segment_size{64u << 20};
  ByteCount large_content{256u << 10};  // content above it goes to a file of its own
  ByteCount min_free{0};                // queue_minfree: below it commits fail with kNoSpace
  double compaction_dead_share = 0.75;  // a sealed segment with more dead octets is copied forward
  ByteCount compaction_rate{4u << 20};  // octets a second the compactor may copy
  std::uint64_t min_free_inodes = 128;  // below it commits fail with kNoSpace
  std::chrono::milliseconds retry_interval{1000};  // between attempts to open a segment again
  std::chrono::milliseconds unwaited_delay{5};     // a record nobody waits for rides along, or goes
                                                   // alone after this
  // Calls the answers of one sync, all in one call of its argument: a place to gather their posts.
  std::function<void(const std::function<void()>& answers)> answer_together =
      [](const std::function<void()>& answers) { answers(); };
  bool background = true;  // false: no maintenance thread, maintain() is called by hand (tests)
};

struct Recovery {
  std::uint64_t messages = 0;
  std::uint64_t torn_tails = 0;       // cut off: never acknowledged
  std::uint64_t corrupt_records = 0;  // set aside in corrupt/
};

// Collects the octets of one message.  Not thread-safe; destroyed without finish(): nothing stays.
class ContentWriter {
 public:
  virtual ~ContentWriter() = default;
  // Octets are already canonical (CRLF, unstuffed).  kNoSpace, kIo: the message can't be kept.
  virtual Result<void> append(std::string_view octets) = 0;
  virtual std::uint64_t size() const = 0;
  // After it only the destructor may be called.
  virtual Result<mail::ContentPtr> finish() = 0;
};

using CommitResult = Result<CommitToken>;
using CommitDone = std::move_only_function<void(CommitResult)>;
using RecordDone = std::move_only_function<void(Result<void>)>;

class Store {
 public:
  virtual ~Store() = default;

  // Opens or makes the spool below options.directory, locks it (kExists: another engine has it),
  // scans the newest segment; older segments load in load().  Blocks.
  static Result<std::unique_ptr<Store>> open(FileSystem& fs, StoreOptions options,
                                             const Clock& clock = Clock::system());

  virtual QueueId next_id() = 0;
  virtual std::unique_ptr<ContentWriter> new_content(QueueId id) = 0;

  // Makes the message durable, then calls `done` with its token.  `content` came from
  // new_content(id), or is a MemoryContent.  next_attempt and held come from `initial`.
  virtual void commit(QueueId id, std::shared_ptr<const mail::Envelope> envelope,
                      mail::ContentPtr content, MessageState initial, CommitDone done) = 0;
  // Appends a change; `done` may be empty where nobody waits.
  virtual void record(Change change, RecordDone done) = 0;

  // Visits every live message once, older segments first, then returns.  Runs on the caller's
  // thread (a background one) while commits go on; blocks.
  virtual Result<Recovery> load(const std::function<void(const IndexEntry&)>& visit) = 0;

  // Blocks on the disk.  kNotFound: no such live message.  kCorrupt: its record does not validate.
  virtual Result<StoredMessage> read(QueueId id) = 0;

  // False while no segment can be written: the admission gate answers 4yz.
  virtual bool accepting() const = 0;
  // Deletes segments that hold nothing needed and compacts at most one.  Runs by itself where
  // options.background says so.  Blocks.
  virtual void maintain() = 0;
  // Writes and syncs what waits, then stops the threads.  Idempotent.
  virtual void close() = 0;
};

}  // namespace postern::spool
