#include "core/spool/janitor.h"

#include <pthread.h>

#include "core/base/log.h"
#include "core/spool/spool_metrics.h"

namespace postern::spool {

constexpr std::chrono::seconds kRoundInterval{1};
// Copies handed over at a time: little enough to add next to nothing to the sync they ride on.
constexpr std::uint64_t kCopyOctets = 256u << 10;
constexpr std::size_t kCopyRecords = 256;

Janitor::Janitor(const SpoolFiles& files, const StoreOptions& options, SharedCatalog& shared,
                 Committer& committer)
    : files_(files),
      options_(options),
      shared_(shared),
      committer_(committer),
      reader_(files),
      scanner_(files) {}

void Janitor::start() {
  thread_ = std::thread(&Janitor::run, this);
  ::pthread_setname_np(thread_.native_handle(), "janitor");
}

void Janitor::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Janitor::run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kRoundInterval, [this] { return stopping_; })) {
    lock.unlock();
    run_once();
    lock.lock();
  }
}

void Janitor::run_once() {
  const std::lock_guard round(round_);
  remove_large_files();
  std::optional<std::uint32_t> candidate;
  {
    const std::lock_guard lock(shared_.mutex);
    if (!shared_.settled) return;
  }
  while (delete_segments()) {
  }
  {
    const std::lock_guard lock(shared_.mutex);
    candidate = shared_.catalog.compaction_candidate(options_.compaction_dead_share);
  }
  // Copies must not take the space that messages wait for.
  if (!candidate || !committer_.accepting()) return;
  compact(*candidate);
  while (delete_segments()) {
  }
}

void Janitor::remove_large_files() {
  std::vector<QueueId> doomed;
  {
    const std::lock_guard lock(shared_.mutex);
    doomed = std::exchange(shared_.doomed, {});
  }
  for (const QueueId id : doomed)
    files_.fs().unlink(files_.large(id));
}

// True where some went: they may have kept others.
bool Janitor::delete_segments() {
  std::vector<std::uint32_t> segments;
  {
    const std::lock_guard lock(shared_.mutex);
    segments = shared_.catalog.deletable();
  }
  std::vector<std::uint32_t> gone;
  for (const std::uint32_t segment : segments) {
    files_.fs().unlink(files_.summary(segment));
    if (files_.fs().unlink(files_.segment(segment)) == 0)
      gone.push_back(segment);
    else
      log::warning("spool", "{}",
                   fail_errno("remove " + files_.segment(segment)).error().describe());
  }
  if (gone.empty()) return false;
  // Only a name that is durably gone lets go of the removals which keep its messages dead.
  if (options_.durability == Durability::kDurable &&
      files_.fs().sync_directory(files_.log_directory()) != 0) {
    log::warning("spool", "{}", fail_errno("sync " + files_.log_directory()).error().describe());
    return false;
  }
  const std::lock_guard lock(shared_.mutex);
  for (const std::uint32_t segment : gone)
    shared_.catalog.forget_segment(segment);
  SpoolMetrics::get().set_segments(shared_.catalog.segment_count());
  return true;
}

bool Janitor::pace(std::uint64_t octets) {
  SpoolMetrics::get().count_compacted(octets);
  if (!options_.background) return true;
  const auto pause = std::chrono::duration<double>(
      static_cast<double>(octets) /
      static_cast<double>(std::max<std::uint64_t>(options_.compaction_rate.value, 1)));
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, pause, [this] { return stopping_; });
}

// Waits until all are in the log.  False: one failed, or the store closes.
bool Janitor::send(std::vector<CopyJob> jobs) {
  if (!committer_.accepting()) return false;
  struct Answers {
    std::mutex mutex;
    std::condition_variable all_in;
    std::size_t open;
    bool all_well = true;
  };
  const auto answers = std::make_shared<Answers>();
  answers->open = jobs.size();
  std::uint64_t octets = 0;
  for (CopyJob& job : jobs) {
    std::visit(
        [&](auto& each) {
          octets += each.note.length;
          each.done = [answers](Result<void> result) {
            const std::lock_guard lock(answers->mutex);
            answers->all_well = answers->all_well && result.has_value();
            if (--answers->open == 0) answers->all_in.notify_one();
          };
          committer_.submit(std::move(each));
        },
        job);
  }
  {
    std::unique_lock lock(answers->mutex);
    answers->all_in.wait(lock, [&] { return answers->open == 0; });
    if (!answers->all_well) return false;
  }
  return pace(octets);
}

void Janitor::compact(std::uint32_t segment) {
  Recovery ignored;
  const auto summary = scanner_.summary_of(segment, ignored);
  if (!summary) return log::warning("spool", "{}", summary.error().describe());
  std::vector<CopyJob> batch;
  std::uint64_t octets = 0;
  // False: stop here; what was copied stays copied.
  const auto take = [&](Result<std::optional<CopyJob>> job, std::uint32_t length) {
    if (!job) {
      log::warning("spool", "{}", job.error().describe());
      return false;
    }
    if (!*job) return true;
    batch.push_back(std::move(**job));
    octets += length;
    if (octets < kCopyOctets && batch.size() < kCopyRecords) return true;
    octets = 0;
    return send(std::exchange(batch, {}));
  };
  for (const MessageNote& note : summary->messages)
    if (!take(move_of(note, {segment, note.offset, note.length}), note.length)) return;
  for (const ChangeNote& note : summary->changes)
    if (!take(copy_of(note, {segment, note.offset, note.length}), note.length)) return;
  for (const RemovalNote& note : summary->removals)
    if (!take(CopyJob(CopyRemovalJob{note, segment, nullptr}), note.length)) return;
  if (!batch.empty() && !send(std::move(batch))) return;
  const std::lock_guard lock(shared_.mutex);
  shared_.catalog.release_removals(segment);
}

Result<std::optional<CopyJob>> Janitor::move_of(const MessageNote& note, const Place& home) {
  Place change;
  Schedule schedule;
  {
    const std::lock_guard lock(shared_.mutex);
    const auto* slot = shared_.catalog.index().find(note.id);
    if (slot == nullptr || slot->home != home) return std::nullopt;
    change = slot->change;
    schedule = slot->schedule();
  }
  auto message = reader_.raw(home, change);
  if (!message && message.error().kind == ErrorKind::kCorrupt) {
    drop_damaged(note.id, home, message.error().describe());
    return std::nullopt;
  }
  if (!message) return std::unexpected(message.error());
  message->payload.moved_from = home.segment;
  std::string payload = encode(message->payload);
  payload.append(message->payload.body);
  MessageNote copy = note;
  copy.moved_from = home.segment;
  copy.schedule = schedule;
  return CopyJob(MoveJob{copy, home, change, std::move(payload), nullptr});
}

Result<std::optional<CopyJob>> Janitor::copy_of(const ChangeNote& note, const Place& place) {
  ChangeNote copy = note;
  {
    const std::lock_guard lock(shared_.mutex);
    const auto* slot = shared_.catalog.index().find(note.id);
    if (slot == nullptr || slot->change != place) return std::nullopt;
    copy.home = slot->home.segment;
  }
  auto payload = reader_.record_at(place);
  // Damaged results of earlier attempts: the message record alone still stands.
  if (!payload) return std::nullopt;
  return CopyJob(CopyChangeJob{copy, place, std::move(*payload), nullptr});
}

void Janitor::drop_damaged(QueueId id, const Place& home, const std::string& reason) {
  SpoolMetrics::get().count_corrupt();
  log::error("spool", "{}: damaged ({}); set aside in {}", id.to_string(), reason,
             files_.corrupt_directory());
  const auto octets = files_.read_range(files_.segment(home.segment), home.offset, home.length);
  if (octets)
    scanner_.set_aside(home.segment, {DamageKind::kCorrupt, home.offset, home.length, reason},
                       *octets);
  Change removal;
  removal.id = id;
  removal.removed = true;
  committer_.submit(ChangeJob{std::move(removal), nullptr});
}

}  // namespace postern::spool
