// SpareSegment: the next segment's file, made ahead of its use: full size, filled with zeros,
// synced. A sync of records that overwrite written blocks moves data only; over blocks that are
// merely allocated (fallocate) the file system has to turn each extent from unwritten to written,
// which adds a metadata write, or a journal commit, to every sync that sessions wait for. A saving,
// not a promise: where there is no spare, the segment is allocated as it is opened. take() and
// prepare() on one thread each; with background, prepare() has a thread of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/spool/spool_files.h"
#include "core/spool/store.h"

namespace postern::spool {

class SpareSegment {
 public:
  SpareSegment(const SpoolFiles& files, const StoreOptions& options)
      : files_(files), options_(options) {}
  ~SpareSegment() { stop(); }

  void start();
  void stop();
  // Makes the spare where there is none, it would help, and there is room for two more segments.
  // Blocks on the disk; a failure leaves nothing behind.
  void prepare();
  // A spare that this run has made waits to be taken.  Thread-safe.
  bool is_ready() const { return is_ready_.load(std::memory_order_relaxed); }
  // Gives the spare the name `path`; false: there is none of `size` octets.
  bool take(const std::string& path, std::uint64_t size);

 private:
  void run();
  bool is_wanted() const;
  int fill(int fd);

  const SpoolFiles files_;
  const StoreOptions& options_;
  std::atomic<bool> is_ready_{false};
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  bool taken_ = true;  // there may be none
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace postern::spool
