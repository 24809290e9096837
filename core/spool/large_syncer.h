// LargeSyncer: makes large content durable before its record is written: all files that wait are
// synced, then their directory once, then the jobs go on to the committer.  A thread of its own,
// so that small messages do not wait for large ones.
#pragma once

#include "core/spool/committer.h"

namespace postern::spool {

class LargeSyncer {
 public:
  LargeSyncer(const SpoolFiles& files, const StoreOptions& options, Committer& committer);
  ~LargeSyncer() { stop(); }

  void submit(CommitJob job);
  // Passes on what waits, joins.  Idempotent.
  void stop();

 private:
  void run();
  void process(std::vector<CommitJob> batch);

  const SpoolFiles files_;
  const StoreOptions& options_;
  Committer& committer_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::vector<CommitJob> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace postern::spool
