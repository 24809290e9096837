#include "core/spool/committer.h"

#include <pthread.h>

#include <algorithm>

#include "core/base/crc32c.h"
#include "core/base/log.h"
#include "core/spool/payload.h"
#include "core/spool/record.h"
#include "core/spool/spool_metrics.h"

namespace postern::spool {
namespace {

constexpr std::chrono::milliseconds kSpaceCheckInterval{100};

// Whoever is ready to run does so once; on an idle machine it returns at once.
void let_others_run(std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  std::this_thread::yield();
  lock.lock();
}

template <typename Note>
OutgoingRecord outgoing(format::RecordType type, std::string fields, const Note& note) {
  OutgoingRecord out{.type = type, .fields = std::move(fields), .body = {}, .crc = 0, .note = note};
  out.crc = crc32c(out.fields);
  return out;
}

QueueId id_of(const Job& job) {
  if (const auto* change = std::get_if<ChangeJob>(&job)) return change->change.id;
  if (const auto* commit = std::get_if<CommitJob>(&job)) return commit->note.id;
  if (const auto* move = std::get_if<MoveJob>(&job)) return move->note.id;
  if (const auto* copy = std::get_if<CopyChangeJob>(&job)) return copy->note.id;
  return std::get<CopyRemovalJob>(job).note.id;
}

}  // namespace

Committer::Committer(const SpoolFiles& files, const StoreOptions& options, const Clock& clock,
                     QueueIdSource& ids, SharedCatalog& shared, SpareSegment& spare,
                     std::uint32_t next_segment)
    : files_(files),
      options_(options),
      clock_(clock),
      shared_(shared),
      writer_(files, options, clock, ids, spare, next_segment) {}

Result<void> Committer::start() {
  const auto opened = open_segment(0);
  if (!opened && opened.error().kind != ErrorKind::kNoSpace) return opened;
  open_error_.reset();
  check_space();
  thread_ = std::thread(&Committer::run, this);
  ::pthread_setname_np(thread_.native_handle(), "committer");
  return {};
}

void Committer::submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      const bool urgent = is_urgent(job);
      const bool wake = waiting_.empty() || (urgent && !urgent_);
      urgent_ = urgent_ || urgent;
      waiting_.push_back(std::move(job));
      if (wake) wake_.notify_one();
      return;
    }
  }
  const Error closed{ErrorKind::kClosed, "spool is closed", 0};
  complete(job, &closed);
}

void Committer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  if (std::exchange(stopped_, true)) return;
  writer_.seal(sealed_);
  note_sealed();
  accepting_ = false;
}

bool Committer::is_urgent(const Job& job) {
  // The compactor's copies ride along with mail that waits; a sync of their own would delay it.
  if (std::holds_alternative<CommitJob>(job)) return true;
  const auto* change = std::get_if<ChangeJob>(&job);
  return change != nullptr && change->done != nullptr;
}

void Committer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    const auto ready = [this] { return urgent_ || stopping_; };
    if (!waiting_.empty() && !ready()) {
      wake_.wait_for(lock, options_.unwaited_delay, ready);
    } else if (waiting_.empty() && !stopping_) {
      let_others_run(lock);  // a job that comes at once need not wake anybody: net/loop.cc
      const auto any = [this] { return !waiting_.empty() || stopping_; };
      if (accepting())
        wake_.wait(lock, any);
      else
        wake_.wait_for(lock, options_.retry_interval, any);
      if (!waiting_.empty() && !ready()) continue;
    }
    // Where several wait at a time, more are about to: whoever can run now is let in first.  On an
    // idle machine this returns at once, so a lone message is never held back.
    if (last_batch_ > 1) let_others_run(lock);
    std::vector<Job> batch = std::exchange(waiting_, {});
    last_batch_ = batch.size();
    urgent_ = false;
    const bool last = stopping_ && batch.empty();
    lock.unlock();
    if (last) return;
    if (!accepting()) heal();
    process(std::move(batch));
    lock.lock();
  }
}

// Nothing but time tells when a disk is well again; not more often than retry_interval, for each
// attempt may allocate a whole segment in vain.
void Committer::heal() {
  const SteadyTime now = clock_.steady();
  if (healed_ != SteadyTime{} && now - healed_ < options_.retry_interval) return;
  healed_ = now;
  space_checked_ = {};
  if (!writer_.is_open() || is_open_failed_) {
    if (open_segment(0)) log::info("spool", "a new segment is open, messages are accepted again");
    open_error_.reset();
  }
  check_space();
}

void Committer::judge_accepting() {
  accepting_ = writer_.is_open() && !is_open_failed_ && !space_error_;
  SpoolMetrics::get().set_accepting(accepting_);
}

void Committer::check_space() {
  const SteadyTime now = clock_.steady();
  if (space_checked_ != SteadyTime{} && now - space_checked_ < kSpaceCheckInterval) return;
  space_checked_ = now;
  SpaceInfo space;
  space_error_.reset();
  if (files_.fs().space(files_.root(), space) != 0) {
    space_error_ = fail_errno("spool: free space of " + files_.root()).error();
  } else if (space.free_octets < options_.min_free.value) {
    space_error_ = Error{ErrorKind::kNoSpace,
                         fmt::format("spool: {} octets free, queue_minfree wants {}",
                                     space.free_octets, options_.min_free.value),
                         0};
  } else if (space.total_inodes != 0 && space.free_inodes < options_.min_free_inodes) {
    space_error_ =
        Error{ErrorKind::kNoSpace, fmt::format("spool: only {} inodes free", space.free_inodes), 0};
  } else if (space.is_read_only) {
    space_error_ = Error{ErrorKind::kIo, "spool: file system is mounted read-only", 0};
  }
  judge_accepting();
}

void Committer::process(std::vector<Job> batch) {
  open_error_.reset();
  check_space();
  for (Job& job : batch)
    process_one(std::move(job));
  flush();
}

void Committer::process_one(Job job) {
  const bool is_commit = std::holds_alternative<CommitJob>(job);
  if (is_commit && space_error_) return complete(job, &*space_error_);
  // The second record of one message needs the first one's place.
  if (ids_in_flight_.contains(id_of(job))) flush();
  auto record = prepare(job);
  if (!record) return complete(job, &record.error());
  if (!*record) return complete(job, nullptr);
  // The reserve is for what sets messages free.
  const bool may_use_reserve = std::holds_alternative<ChangeJob>(job);
  if (auto room = make_room((*record)->size(), may_use_reserve); !room)
    return complete(job, &room.error());
  if (auto* commit = std::get_if<CommitJob>(&job)) {
    // From the write on the record may be on the disk, whatever a sync says: its file stays.
    if (commit->large) commit->large->keep();
  } else {
    ids_in_flight_.insert(id_of(job));
  }
  writer_.add(std::move(**record));
  in_flight_.push_back(std::move(job));
}

Result<std::optional<OutgoingRecord>> Committer::prepare(Job& job) {
  if (auto* commit = std::get_if<CommitJob>(&job)) {
    OutgoingRecord out{.type = format::RecordType::kMessage,
                       .fields = std::move(commit->fields),
                       .body = {},
                       .crc = commit->crc,
                       .note = commit->note};
    if (!commit->large) out.body = commit->content->in_memory();
    return out;
  }
  if (auto* change = std::get_if<ChangeJob>(&job)) return prepare_change(change->change);
  const std::lock_guard lock(shared_.mutex);
  if (auto* move = std::get_if<MoveJob>(&job)) {
    const auto* slot = shared_.catalog.index().find(move->note.id);
    if (slot == nullptr || slot->home != move->home || slot->change != move->change)
      return std::nullopt;
    return outgoing(format::RecordType::kMessage, std::move(move->payload), move->note);
  }
  if (auto* copy = std::get_if<CopyChangeJob>(&job)) {
    const auto* slot = shared_.catalog.index().find(copy->note.id);
    if (slot == nullptr || slot->change != copy->place) return std::nullopt;
    return outgoing(format::RecordType::kChange, std::move(copy->payload), copy->note);
  }
  const auto& copy = std::get<CopyRemovalJob>(job);
  if (!shared_.catalog.removal_needed(copy.from, copy.note.home)) return std::nullopt;
  return outgoing(format::RecordType::kRemoval,
                  encode(RemovalPayload{copy.note.id, copy.note.home}), copy.note);
}

Result<std::optional<OutgoingRecord>> Committer::prepare_change(const Change& change) {
  MessageIndex::Slot slot;
  {
    const std::lock_guard lock(shared_.mutex);
    const auto* found = shared_.catalog.index().find(change.id);
    if (found == nullptr && !shared_.loaded)
      return fail(ErrorKind::kUnavailable, "spool: {} is not loaded yet", change.id.to_string());
    if (found == nullptr)
      return fail(ErrorKind::kNotFound, "spool: no message {}", change.id.to_string());
    slot = *found;
  }
  if (change.removed)
    return outgoing(format::RecordType::kRemoval,
                    encode(RemovalPayload{change.id, slot.home.segment}),
                    RemovalNote{change.id, 0, 0, slot.home.segment});
  ChangePayload out{.id = change.id,
                    .home = slot.home.segment,
                    .outcomes = change.outcomes,
                    .attempts = change.attempts.value_or(slot.attempts),
                    .next_attempt = change.next_attempt.value_or(from_ns(slot.next_attempt_ns)),
                    .held = change.held.value_or(slot.held != 0),
                    .delay_warned = change.delay_warned.value_or(slot.delay_warned != 0),
                    .pending = slot.pending};
  if (auto merged = merge_earlier(slot, out); !merged) return std::unexpected(merged.error());
  const Schedule schedule{.next_attempt_ns = to_ns(out.next_attempt),
                          .attempts = out.attempts,
                          .pending = out.pending,
                          .held = out.held,
                          .delay_warned = out.delay_warned};
  return outgoing(format::RecordType::kChange, encode(out),
                  ChangeNote{change.id, 0, 0, slot.home.segment, schedule});
}

// A change record replaces the one before it, so it repeats the outcomes that still hold.
Result<void> Committer::merge_earlier(const MessageIndex::Slot& slot, ChangePayload& out) {
  std::vector<Change::Outcome> earlier;
  const bool covers_all = slot.has_many_recipients == 0 && !out.outcomes.empty();
  if (slot.change.segment != 0 && !covers_all) {
    const auto octets = files_.read_range(files_.segment(slot.change.segment), slot.change.offset,
                                          slot.change.length);
    if (!octets) return std::unexpected(octets.error());
    const auto record =
        read_record(*octets, slot.change.segment, slot.change.offset, slot.change.offset);
    const auto before = record ? parse_change(record->payload)
                               : Result<ChangePayload>(std::unexpected(record.error()));
    // Better to try a recipient twice than to lose the message over a damaged note.
    if (before)
      earlier = before->outcomes;
    else
      log::error("spool", "{}: results of earlier attempts are damaged: {}", out.id.to_string(),
                 before.error().describe());
  }
  const auto state_before = [&](std::uint32_t recipient) {
    const auto it = std::ranges::find(earlier, recipient, &Change::Outcome::recipient);
    return it == earlier.end() ? RecipientState::kPending : it->progress.state;
  };
  std::int64_t pending = out.pending;
  for (const Change::Outcome& outcome : out.outcomes) {
    const bool was = state_before(outcome.recipient) == RecipientState::kPending;
    const bool is = outcome.progress.state == RecipientState::kPending;
    pending += static_cast<int>(is) - static_cast<int>(was);
  }
  out.pending = static_cast<std::uint32_t>(std::max<std::int64_t>(pending, 0));
  for (Change::Outcome& outcome : earlier)
    if (std::ranges::find(out.outcomes, outcome.recipient, &Change::Outcome::recipient) ==
        out.outcomes.end())
      out.outcomes.push_back(std::move(outcome));
  return {};
}

Result<void> Committer::make_room(std::uint64_t size, bool may_use_reserve) {
  // A run begins with a segment that is only allocated, and moves on once there is a zeroed one.
  const auto may_stay = [&] { return writer_.fits(size, false) && !writer_.has_faster_next(); };
  if (may_stay()) return {};
  flush();
  // A failed flush has opened another segment already.
  if (may_stay()) return {};
  const auto opened = open_segment(size);
  if (opened || writer_.fits(size, may_use_reserve)) return {};
  return opened;
}

Result<void> Committer::open_segment(std::uint64_t size) {
  if (open_error_) return std::unexpected(*open_error_);
  const auto opened = writer_.open_next(size, sealed_);
  if (opened) {
    is_open_failed_ = false;
    const std::lock_guard lock(shared_.mutex);
    shared_.catalog.add_segment(writer_.number(), false);
    SpoolMetrics::get().set_segments(shared_.catalog.segment_count());
  } else if (opened.error().kind != ErrorKind::kLimit) {
    // One record too large is its own affair; a disk that takes no segment is everybody's.
    is_open_failed_ = true;
    open_error_ = opened.error();
    log::error("spool", "{}; no messages are accepted until there is a new segment",
               opened.error().describe());
  }
  judge_accepting();
  note_sealed();
  return opened;
}

void Committer::note_sealed() {
  if (sealed_.empty()) return;
  const std::lock_guard lock(shared_.mutex);
  for (const SegmentSummary& summary : sealed_)
    shared_.catalog.seal_segment(summary.segment, summary.end);
  sealed_.clear();
}

void Committer::flush() {
  if (!writer_.has_waiting()) return;
  auto written = writer_.flush(sealed_);
  std::vector<Job> jobs = std::exchange(in_flight_, {});
  ids_in_flight_.clear();
  if (!written) {
    judge_accepting();
    note_sealed();
    for (Job& job : jobs)
      complete(job, &written.error());
    // Delivery must be able to record its results: the next segment at once, if the disk lets us.
    if (open_segment(0)) check_space();
    return;
  }
  {
    const std::lock_guard lock(shared_.mutex);
    for (OutgoingRecord& record : *written)
      apply(record);
  }
  options_.answer_together([&] {
    for (Job& job : jobs)
      complete(job, nullptr);
  });
}

void Committer::apply(OutgoingRecord& record) {
  const std::uint32_t segment = writer_.number();
  Catalog& catalog = shared_.catalog;
  if (const auto* message = std::get_if<MessageNote>(&record.note)) {
    catalog.add_message(*message, segment);
  } else if (const auto* change = std::get_if<ChangeNote>(&record.note)) {
    catalog.add_change(*change, segment);
  } else {
    const auto& removal = std::get<RemovalNote>(record.note);
    if (catalog.add_removal(removal, segment)) shared_.doomed.push_back(removal.id);
  }
}

void Committer::complete(Job& job, const Error* error) {
  if (auto* commit = std::get_if<CommitJob>(&job)) {
    if (error == nullptr) {
      commit->done(CommitToken(commit->note.id));
    } else {
      // A file that no record may name goes before its session is told.
      commit->content.reset();
      commit->large.reset();
      commit->done(std::unexpected(*error));
    }
    return;
  }
  const auto answer = [error](RecordDone& done) {
    if (!done) return;
    if (error == nullptr)
      done({});
    else
      done(std::unexpected(*error));
  };
  if (auto* change = std::get_if<ChangeJob>(&job)) answer(change->done);
  if (auto* move = std::get_if<MoveJob>(&job)) answer(move->done);
  if (auto* copy = std::get_if<CopyChangeJob>(&job)) answer(copy->done);
  if (auto* copy = std::get_if<CopyRemovalJob>(&job)) answer(copy->done);
}

}  // namespace postern::spool
