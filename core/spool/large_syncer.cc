#include "core/spool/large_syncer.h"

#include <pthread.h>

#include <cerrno>

namespace postern::spool {
namespace {

// The file goes first: whoever is told of a full disk finds the room again.
void refuse(CommitJob& job, const Error& error) {
  job.content.reset();
  job.large.reset();
  job.done(std::unexpected(error));
}

}  // namespace

LargeSyncer::LargeSyncer(const SpoolFiles& files, const StoreOptions& options, Committer& committer)
    : files_(files), options_(options), committer_(committer), thread_(&LargeSyncer::run, this) {
  ::pthread_setname_np(thread_.native_handle(), "large syncer");
}

void LargeSyncer::submit(CommitJob job) {
  std::unique_lock lock(mutex_);
  if (stopping_) {
    lock.unlock();
    return job.done(fail(ErrorKind::kClosed, "spool is closed"));
  }
  waiting_.push_back(std::move(job));
  wake_.notify_one();
}

void LargeSyncer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void LargeSyncer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return !waiting_.empty() || stopping_; });
    if (waiting_.empty()) return;
    std::vector<CommitJob> batch = std::exchange(waiting_, {});
    lock.unlock();
    process(std::move(batch));
    lock.lock();
  }
}

void LargeSyncer::process(std::vector<CommitJob> batch) {
  const bool durable = options_.durability == Durability::kDurable;
  std::vector<CommitJob> synced;
  for (CommitJob& job : batch) {
    if (auto done = job.large->sync(durable); done)
      synced.push_back(std::move(job));
    else
      refuse(job, done.error());
  }
  if (synced.empty()) return;
  if (durable && files_.fs().sync_directory(files_.large_directory()) != 0) {
    const auto error = storage_failed("spool: sync " + files_.large_directory(), errno);
    for (CommitJob& job : synced)
      refuse(job, error.error());
    return;
  }
  for (CommitJob& job : synced)
    committer_.submit(std::move(job));
}

}  // namespace postern::spool
