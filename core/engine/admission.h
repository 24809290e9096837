// AdmissionGate: whether new mail may come in at all: space, inodes, a writable segment, the length
// of the queue.  Sessions ask it without waiting; a timer refreshes what it knows.
// Thread-safe: atomics.  durability.md: "the admission gate".
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "core/mail/rejection.h"
#include "core/spool/fs.h"
#include "core/spool/store.h"

namespace postern::engine {

struct AdmissionLimits {
  ByteCount min_free{0};              // queue_minfree
  std::uint64_t min_free_inodes = 0;  // queue_inode_minfree
  std::uint64_t max_messages = 0;     // queue_message_limit; 0 none
};

class AdmissionGate {
 public:
  // `directory`: of the spool; "" (a spool in memory): space is not looked at.
  AdmissionGate(const spool::Store& store, spool::FileSystem& fs, std::string directory)
      : store_(store), fs_(fs), directory_(std::move(directory)) {}

  void set_limits(const AdmissionLimits& limits);
  // Asks the file system; blocks for as long as statvfs(2) does.
  void refresh();
  void set_queued(std::uint64_t messages) { queued_.store(messages, std::memory_order_relaxed); }

  // nullopt: go on.  `announced_size`: octets of SIZE=, or 0.
  std::optional<mail::Rejection> judge(std::uint64_t announced_size) const;

 private:
  const spool::Store& store_;
  spool::FileSystem& fs_;
  const std::string directory_;
  std::atomic<std::uint64_t> min_free_{0}, min_free_inodes_{0}, max_messages_{0};
  std::atomic<std::uint64_t> free_octets_{~std::uint64_t{0}}, free_inodes_{~std::uint64_t{0}};
  std::atomic<std::uint64_t> queued_{0};
};

}  // namespace postern::engine
