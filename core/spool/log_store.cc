#include "core/spool/log_store.h"

#include <algorithm>
#include <cerrno>

#include "core/base/crc32c.h"
#include "core/base/log.h"
#include "core/spool/forgetting_fs.h"
#include "core/spool/spool_metrics.h"

namespace postern::spool {

Result<std::unique_ptr<Store>> Store::open(FileSystem& fs, StoreOptions options,
                                           const Clock& clock) {
  std::unique_ptr<FileSystem> memory;
  if (options.durability == Durability::kMemory) {
    memory = std::make_unique<ForgettingFs>();
    options.directory = "/spool";
  }
  FileSystem& used = memory ? *memory : fs;
  auto opened = LogStore::open(used, std::move(options), clock, std::move(memory));
  if (!opened) return std::unexpected(opened.error());
  return std::unique_ptr<Store>(std::move(*opened));
}

Result<std::unique_ptr<LogStore>> LogStore::open(FileSystem& fs, StoreOptions options,
                                                 const Clock& clock,
                                                 std::unique_ptr<FileSystem> owned) {
  if (options.segment_size.value < 4096 || options.segment_size.value > format::kMaxSegmentSize)
    return fail(ErrorKind::kInvalid, "spool: segment size {} is not between 4096 and {}",
                options.segment_size.value, format::kMaxSegmentSize);
  std::unique_ptr<LogStore> store(new LogStore(fs, std::move(options), clock, std::move(owned)));
  if (auto started = store->start(); !started) return std::unexpected(started.error());
  return store;
}

LogStore::LogStore(FileSystem& fs, StoreOptions options, const Clock& clock,
                   std::unique_ptr<FileSystem> owned)
    : owned_fs_(std::move(owned)),
      options_(std::move(options)),
      clock_(clock),
      files_(fs, options_.directory),
      scanner_(files_),
      reader_(files_),
      ids_(clock) {}

Result<void> LogStore::check_volatile() const {
  SpaceInfo space;
  if (files_.fs().space(files_.root(), space) != 0)
    return fail_errno("spool: file system of " + files_.root());
  if (space.is_read_only)
    return fail(ErrorKind::kIo, "spool: {} is mounted read-only", files_.root());
  if (options_.durability != Durability::kDurable || !space.is_volatile) return {};
  if (options_.allow_volatile) {
    log::warning("spool", "{} is on {}: queued mail is lost with the machine's power",
                 files_.root(), space.type);
    return {};
  }
  return fail(ErrorKind::kInvalid,
              "spool: {} is on {}, which forgets everything at a loss of power; move "
              "queue_directory to a disk, or choose queue_durability = process",
              files_.root(), space.type);
}

Result<void> LogStore::start() {
  SpoolMetrics::get().show_durability(options_.durability == Durability::kDurable   ? "durable"
                                      : options_.durability == Durability::kProcess ? "process"
                                                                                    : "memory");
  if (auto prepared = files_.prepare(); !prepared) return prepared;
  if (auto checked = check_volatile(); !checked) return checked;
  auto lock = files_.lock();
  if (!lock) return std::unexpected(lock.error());
  lock_ = std::move(*lock);
  const auto next = recover_newest();
  if (!next) return std::unexpected(next.error());
  if (files_.fs().list(files_.large_directory(), old_large_files_) != 0)
    return fail_errno("spool: list " + files_.large_directory());
  spare_ = std::make_unique<SpareSegment>(files_, options_);
  committer_ = std::make_unique<Committer>(files_, options_, clock_, ids_, shared_, *spare_, *next);
  janitor_ = std::make_unique<Janitor>(files_, options_, shared_, *committer_);
  if (auto started = committer_->start(); !started) return started;
  large_syncer_ = std::make_unique<LargeSyncer>(files_, options_, *committer_);
  if (options_.background) {
    janitor_->start();
    spare_->start();
  }
  return {};
}

// Looks only at segments that nobody sealed, usually one; gives the number of the next segment.
Result<std::uint32_t> LogStore::recover_newest() {
  auto segments = files_.segments();
  if (!segments) return std::unexpected(segments.error());
  old_segments_ = std::move(*segments);
  remove_leftovers(old_segments_);
  for (const std::uint32_t segment : old_segments_) {
    // Unsealed until load(): what was not looked at must not be deleted.
    shared_.catalog.add_segment(segment, false);
    FileInfo info;
    const bool sealed = files_.fs().info(files_.summary(segment), info) == 0;
    if (sealed && segment != old_segments_.back()) continue;
    // The newest tells the largest id ever given out.
    const bool durable = options_.durability == Durability::kDurable;
    const auto summary = scanner_.recover(segment, recovery_, durable);
    if (!summary) {
      // Its messages wait for a start that can read it; those of other segments need not.
      log::error("spool", "{}", summary.error().describe());
      continue;
    }
    ids_.raise_floor(summary->id_floor);
  }
  if (auto raised = raise_floor(); !raised) return std::unexpected(raised.error());
  return old_segments_.empty() ? 1 : old_segments_.back() + 1;
}

// The newest segment may hold nothing, not even its header: then the one before it knows the
// largest id.  Were an id given out again, the new message would take the old one's place.
Result<void> LogStore::raise_floor() {
  Recovery ignored;
  for (auto segment = old_segments_.rbegin(); segment != old_segments_.rend(); ++segment) {
    const auto summary = scanner_.summary_of(*segment, ignored);
    if (!summary || !summary->id_floor) continue;
    ids_.raise_floor(summary->id_floor);
    break;
  }
  if (options_.durability != Durability::kDurable) return {};
  // Segments that a killed process had unlinked are not in the list, but a loss of power could
  // bring them back after the removals that keep their messages dead were deleted.
  if (files_.fs().sync_directory(files_.log_directory()) != 0)
    return fail_errno("spool: sync directory " + files_.log_directory());
  return {};
}

void LogStore::remove_leftovers(const std::vector<std::uint32_t>& segments) const {
  std::vector<std::string> names;
  if (files_.fs().list(files_.log_directory(), names) != 0) return;
  for (const std::string& name : names) {
    const bool is_summary = name.ends_with(".sum");
    const auto has_segment = [&](std::uint32_t number) {
      return files_.summary(number) == files_.log_directory() + "/" + name;
    };
    const bool is_spare = files_.spare() == files_.log_directory() + "/" + name;
    if (name.ends_with(".tmp") || is_spare ||
        (is_summary && std::ranges::none_of(segments, has_segment)))
      files_.fs().unlink(files_.log_directory() + "/" + name);
  }
}

std::unique_ptr<ContentWriter> LogStore::new_content(QueueId id) {
  return std::make_unique<SpoolContentWriter>(files_, id, options_.large_content.value);
}

void LogStore::commit(QueueId id, std::shared_ptr<const mail::Envelope> envelope,
                      mail::ContentPtr content, MessageState initial, CommitDone done) {
  initial.recipients.resize(envelope->recipients.size());
  const auto large = std::dynamic_pointer_cast<const LargeContent>(content);
  CommitJob job;
  job.note = note_of(id, *envelope, initial, content->size(), large != nullptr);
  job.fields = encode_message(id, *envelope, initial, large ? &large->ref() : nullptr, 0);
  job.crc = crc32c(job.fields);
  if (!large) job.crc = crc32c(content->in_memory(), job.crc);
  if (job.fields.size() + (large ? 0 : content->size()) > format::kMaxPayload)
    return done(fail(ErrorKind::kLimit, "spool: message {} is too large", id.to_string()));
  job.content = std::move(content);
  job.done = std::move(done);
  if (!large) return committer_->submit(std::move(job));
  job.large = std::const_pointer_cast<LargeContent>(large);
  large_syncer_->submit(std::move(job));
}

void LogStore::record(Change change, RecordDone done) {
  committer_->submit(ChangeJob{std::move(change), std::move(done)});
}

Result<Recovery> LogStore::load(const std::function<void(const IndexEntry&)>& visit) {
  for (const std::uint32_t segment : old_segments_) {
    const auto summary = scanner_.summary_of(segment, recovery_);
    if (!summary) {
      log::error("spool", "{}: its messages are not loaded", summary.error().describe());
      ++recovery_.corrupt_records;
      is_incomplete_ = true;
      continue;
    }
    const std::lock_guard lock(shared_.mutex);
    shared_.catalog.add_all(*summary);
  }
  {
    const std::lock_guard lock(shared_.mutex);
    shared_.loaded = true;
  }
  Recovery ignored;
  for (const std::uint32_t segment : old_segments_) {
    const auto summary = scanner_.summary_of(segment, ignored);
    if (!summary) continue;
    for (const MessageNote& note : summary->messages) {
      IndexEntry entry{.id = note.id, .arrival = from_ns(note.arrival_ns), .next_attempt = {}};
      {
        const std::lock_guard lock(shared_.mutex);
        const auto* slot = shared_.catalog.index().find(note.id);
        if (slot == nullptr || slot->home != Place{segment, note.offset, note.length}) continue;
        entry.next_attempt = from_ns(slot->next_attempt_ns);
        entry.size = note.size;
        entry.pending = slot->pending;
        entry.attempts = slot->attempts;
        entry.held = slot->held != 0;
        entry.delay_warned = slot->delay_warned != 0;
      }
      if (note.is_large && has_lost_content(note)) {
        ++recovery_.corrupt_records;
        janitor_->drop_damaged(note.id, {segment, note.offset, note.length},
                               "its content " + files_.large(note.id) + " is missing");
        continue;
      }
      ++recovery_.messages;
      visit(entry);
    }
  }
  remove_orphans();
  // A removal in a segment that can't be read now is unknown: a copy of its message made now would
  // outlive it.  Nothing is deleted or copied before a start that has read everything.
  const std::lock_guard lock(shared_.mutex);
  shared_.settled = !is_incomplete_;
  return recovery_;
}

bool LogStore::has_lost_content(const MessageNote& note) const {
  FileInfo info;
  return files_.fs().info(files_.large(note.id), info) != 0 && errno == ENOENT;
}

void LogStore::remove_orphans() {
  // A record that can't be read, or was set aside, may name a file that nothing else names.
  const auto corrupt = list_corrupt(files_.fs(), files_.root());
  const auto is_evidence = [](const CorruptItem& item) { return !item.is_torn; };
  if (is_incomplete_ || !corrupt || std::ranges::any_of(*corrupt, is_evidence)) {
    old_large_files_.clear();
    return;
  }
  for (const std::string& name : std::exchange(old_large_files_, {})) {
    const auto id = QueueId::parse(name);
    {
      const std::lock_guard lock(shared_.mutex);
      const auto* slot = id ? shared_.catalog.index().find(*id) : nullptr;
      if (slot != nullptr && slot->is_large != 0) continue;
    }
    files_.fs().unlink(files_.large_directory() + "/" + name);
  }
}

Result<StoredMessage> LogStore::read(QueueId id) {
  // The janitor may move a message between the look-up and the read; then its place has changed.
  for (int attempt = 0;; ++attempt) {
    Place home, change;
    {
      const std::lock_guard lock(shared_.mutex);
      const auto* slot = shared_.catalog.index().find(id);
      if (slot == nullptr && !shared_.loaded)
        return fail(ErrorKind::kUnavailable, "spool: {} is not loaded yet", id.to_string());
      if (slot == nullptr)
        return fail(ErrorKind::kNotFound, "spool: no message {}", id.to_string());
      home = slot->home;
      change = slot->change;
    }
    auto message = reader_.message(home, change);
    if (message && message->id == id) return message;
    const Error error =
        message ? Error{ErrorKind::kCorrupt, "record of another message", 0} : message.error();
    {
      const std::lock_guard lock(shared_.mutex);
      const auto* slot = shared_.catalog.index().find(id);
      const bool moved = slot == nullptr || slot->home != home || slot->change != change;
      if (moved && attempt < 10) continue;
    }
    if (error.kind == ErrorKind::kCorrupt) janitor_->drop_damaged(id, home, error.describe());
    return std::unexpected(error);
  }
}

void LogStore::close() {
  if (spare_) spare_->stop();
  if (janitor_) janitor_->stop();
  if (large_syncer_) large_syncer_->stop();
  if (committer_) committer_->stop();
  lock_.reset();
}

}  // namespace postern::spool
