#include "core/queue/scheduler.h"

#include <algorithm>

#include "core/base/log.h"

namespace postern::queue {

Scheduler::Scheduler(QueueOptions options, const Collaborators& with)
    : options_(std::move(options)),
      store_(with.store),
      runner_(with.runner),
      router_(with.router),
      notifier_(with.notifier),
      background_(with.background),
      timeline_(with.clock),
      policy_(options_),
      inbox_(std::make_shared<Inbox>(with.executor, *this)) {}

// Lanes hold on to the options of their transport, so each is changed where it stands.
void Scheduler::reconfigure(const QueueOptions& options) {
  QueueOptions next = options;
  next.transports = std::move(options_.transports);
  for (auto& [name, transport] : next.transports)
    transport = options.transport(name);
  next.transports.insert(options.transports.begin(), options.transports.end());
  options_ = std::move(next);
  policy_ = RetryPolicy(options_);
  lanes_.for_each([this](Lane& lane) { lanes_.mark_ready(lane); });
}

Scheduler::~Scheduler() { inbox_->close(); }

void Scheduler::start() {
  inbox_->push_after(options_.queue_run_delay, [](Scheduler& self) { self.sweep(0); });
}

void Scheduler::admit(QueueId id, std::shared_ptr<const mail::Envelope> envelope,
                      mail::ContentPtr content, const spool::MessageState& state) {
  const Index::Slot slot = index_.insert(id);
  if (slot == Index::kNoSlot) {  // load() was faster
    log::debug("qmgr", "{:X}: admitted twice", id.value());
    return;
  }
  metrics_.admitted.Increment();
  const WallTime now = timeline_.now();
  IndexedMessage& entry = index_.at(slot);
  entry.arrival_ms = to_ms(now);
  entry.size = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(content->size(), std::numeric_limits<std::uint32_t>::max()));
  entry.pending = static_cast<std::uint32_t>(envelope->recipients.size());
  entry.attempts = static_cast<std::uint16_t>(state.attempts);
  entry.is_null_sender = !envelope->reverse_path.has_value();
  if (state.held) return;  // insert() made it so
  if (is_stopping_ || !window_has_room()) {
    index_.wait_until(slot, now);
    return;
  }
  ActiveMessage& message = make_active(slot);
  message.envelope = std::move(envelope);
  message.content = std::move(content);
  message.recipients.resize(message.envelope->recipients.size());
  for (std::size_t i = 0; i < message.recipients.size(); ++i) {
    ActiveRecipient& recipient = message.recipients[i];
    if (i < state.recipients.size()) recipient.progress = state.recipients[i];
    if (recipient.progress.state == spool::RecipientState::kPending)
      recipient.phase = Phase::kRouting;
  }
  activate(message);
}

void Scheduler::add_loaded(std::span<const spool::IndexEntry> entries) {
  const WallTime now = timeline_.now();
  const WallTime latest_due = now + options_.maximal_backoff_time;
  for (const spool::IndexEntry& loaded : entries) {
    const Index::Slot slot = index_.insert(loaded.id);
    if (slot == Index::kNoSlot) continue;  // admitted in this run
    newest_seen_ = std::max({newest_seen_, loaded.arrival, loaded.next_attempt});
    IndexedMessage& entry = index_.at(slot);
    // Moments in the future come from a clock that was ahead: such a message has no age, and waits
    // no longer than any other.
    entry.arrival_ms = to_ms(std::min(loaded.arrival, now));
    entry.size = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(loaded.size, std::numeric_limits<std::uint32_t>::max()));
    entry.pending = loaded.pending;
    entry.attempts = static_cast<std::uint16_t>(std::min(loaded.attempts, 65'535u));
    entry.is_delay_warned = loaded.delay_warned;
    if (!loaded.held) index_.wait_until(slot, std::min(loaded.next_attempt, latest_due));
  }
}

void Scheduler::end_load() {
  const WallTime now = timeline_.now();
  loaded_at_ = now;
  const auto gap = now - newest_seen_;
  if (newest_seen_ == WallTime{} || gap < options_.clock_gap) return;
  const auto gap_ms = std::chrono::duration_cast<std::chrono::milliseconds>(gap).count();
  for (Index::Slot slot = 0; slot < index_.slot_end(); ++slot)
    if (index_.at(slot).state != MessageState::kFree)
      index_.at(slot).arrival_ms = std::min(index_.at(slot).arrival_ms + gap_ms, to_ms(now));
  metrics_.clock_jumps.Increment();
  log::warning("qmgr",
               "the newest message in the spool is {} s old: the clock is wrong, or the queue was "
               "off that long; this time does not count towards the lifetime of queued mail",
               gap_ms / 1000);
}

void Scheduler::stop(std::move_only_function<void()> done) {
  is_stopping_ = true;
  stop_done_ = std::move(done);
}

void Scheduler::pump() {
  if (!is_stopping_) {
    lanes_.wake(timeline_.now());
    start_expiring();
    activate_due();
    dispatch();
    arm_timer();
  } else if (stop_done_ && running_.empty() && finishing_ == 0 && reads_ == 0) {
    update_gauges();
    std::exchange(stop_done_, nullptr)();
  }
}

void Scheduler::arm_timer() {
  WallTime next = lanes_.next_event();
  const Index::Slot first = index_.first_due();
  // With a full window the next message to leave it pumps.
  if (first != Index::kNoSlot && window_has_room() && reads_ < options_.read_concurrency)
    next = std::min(next, from_ms(index_.at(first).due_ms));
  if (next >= armed_) return;
  armed_ = next;
  // Rounded up: a wake-up just before its time would find nothing to do and arm again.
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(
      std::max(next - timeline_.now(), WallTime::duration::zero()));
  inbox_->push_after(wait, [next](Scheduler& self) { self.on_timer(next); });
}

void Scheduler::on_timer(WallTime armed) {
  if (armed_ == armed) armed_ = WallTime::max();
}

bool Scheduler::window_has_room() const {
  // The message that crosses the recipient limit is the last one in: it is never split.
  return active_.size() < options_.message_active_limit &&
         active_recipients_ < options_.recipient_active_limit;
}

ActiveMessage* Scheduler::find_active(QueueId id) {
  const auto found = active_.find(id);
  return found == active_.end() ? nullptr : found->second.get();
}

std::chrono::milliseconds Scheduler::age_of(const ActiveMessage& message) const {
  return std::chrono::milliseconds(
      std::max<std::int64_t>(0, to_ms(timeline_.now()) - index_.at(message.slot).arrival_ms));
}

void Scheduler::count_content(ActiveMessage& message) {
  if (message.content == nullptr) return;
  const std::uint64_t octets = message.content->in_memory().size();
  if (content_bytes_ + octets > options_.content_memory.value) {
    message.content = nullptr;
    return;
  }
  message.counted_content = octets;
  content_bytes_ += octets;
}

void Scheduler::with_content(ActiveMessage& message,
                             std::move_only_function<void(Result<mail::ContentPtr>)> use) {
  if (message.content != nullptr) {
    use(message.content);
    return;
  }
  ++reads_;
  background_.run(
      [&store = store_, inbox = inbox_, id = message.id, use = std::move(use)]() mutable {
        Result<spool::StoredMessage> stored = store.read(id);
        inbox->push([stored = std::move(stored), use = std::move(use)](Scheduler& self) mutable {
          --self.reads_;
          if (stored) {
            use(std::move(stored->content));
          } else {
            use(std::unexpected(stored.error()));
          }
        });
      });
}

void Scheduler::release(ActiveMessage& message) {
  for (const std::unique_ptr<Job>& job : message.jobs) {
    job->lane->remove(*job);
    --job->lane->messages;
    job->lane->recipients -= static_cast<std::uint32_t>(job->waiting.size());
    if (!job->lane->parked.empty()) unpark(*job->lane);
  }
  active_recipients_ -= message.counted;
  content_bytes_ -= message.counted_content;
  active_.erase(message.id);
}

void Scheduler::update_gauges() {
  metrics_.waiting.Set(static_cast<double>(index_.waiting()));
  metrics_.active.Set(static_cast<double>(active_.size()));
  metrics_.held.Set(static_cast<double>(index_.count(MessageState::kHeld)));
  metrics_.attempts_running.Set(static_cast<double>(running_.size()));
  metrics_.content_bytes.Set(static_cast<double>(content_bytes_));
  metrics_.lanes.Set(static_cast<double>(lanes_.size()));
}

}  // namespace postern::queue
