// A Store in memory for tests of the queue: keeps messages as the spool would, delays or fails
// records on demand, and can be "crashed": what it holds is what a restart would find.
// commit() is not here; tests put messages in with put().
#pragma once

#include <map>

#include "core/queue/executor.h"
#include "core/spool/store.h"

namespace postern::testing {

class MemoryStore final : public spool::Store {
 public:
  explicit MemoryStore(queue::Executor& executor, const Clock& clock)
      : executor_(executor), ids_(clock) {}

  void put(QueueId id, std::shared_ptr<const mail::Envelope> envelope, mail::ContentPtr content,
           spool::MessageState state) {
    state.recipients.resize(envelope->recipients.size());
    messages_[id] = {id, *envelope, std::move(state), std::move(content)};
  }

  QueueId next_id() override { return ids_.next(); }
  std::unique_ptr<spool::ContentWriter> new_content(QueueId) override { return nullptr; }
  void commit(QueueId, std::shared_ptr<const mail::Envelope>, mail::ContentPtr, spool::MessageState,
              spool::CommitDone done) override {
    done(fail(ErrorKind::kUnavailable, "memory store: use put()"));
  }

  void record(spool::Change change, spool::RecordDone done) override {
    ++records;
    if (failing_records > 0) {
      --failing_records;
      executor_.post([done = std::move(done)]() mutable {
        if (done) done(fail(ErrorKind::kIo, "planted failure"));
      });
      return;
    }
    auto finish = [this, change = std::move(change), done = std::move(done)]() mutable {
      apply(change);
      if (done) done({});
    };
    if (record_latency.count() == 0) {
      executor_.post(std::move(finish));
    } else {
      executor_.post_after(record_latency, std::move(finish));
    }
  }

  Result<spool::Recovery> load(
      const std::function<void(const spool::IndexEntry&)>& visit) override {
    for (const auto& [id, stored] : messages_) {
      spool::IndexEntry entry;
      entry.id = id;
      entry.arrival = stored.envelope.arrival;
      entry.next_attempt = stored.state.next_attempt;
      entry.size = stored.content->size();
      for (const spool::RecipientProgress& each : stored.state.recipients)
        if (each.state == spool::RecipientState::kPending) ++entry.pending;
      entry.attempts = stored.state.attempts;
      entry.held = stored.state.held;
      entry.delay_warned = stored.state.delay_warned;
      visit(entry);
    }
    return spool::Recovery{.messages = messages_.size()};
  }
  Result<spool::StoredMessage> read(QueueId id) override {
    ++reads;
    if (const auto found = read_errors.find(id); found != read_errors.end())
      return fail(found->second, "planted failure");
    const auto found = messages_.find(id);
    if (found == messages_.end()) return fail(ErrorKind::kNotFound, "no such message");
    return found->second;
  }
  bool accepting() const override { return true; }
  void maintain() override {}
  void close() override {}

  bool has(QueueId id) const { return messages_.contains(id); }
  const spool::StoredMessage& at(QueueId id) const { return messages_.at(id); }
  std::size_t size() const { return messages_.size(); }
  const std::map<QueueId, spool::StoredMessage>& messages() const { return messages_; }

  std::chrono::milliseconds record_latency{0};
  unsigned failing_records = 0;  // so many of the next records fail
  std::map<QueueId, ErrorKind> read_errors;
  std::uint64_t records = 0;
  std::uint64_t reads = 0;

 private:
  void apply(const spool::Change& change) {
    const auto found = messages_.find(change.id);
    if (found == messages_.end()) return;
    spool::MessageState& state = found->second.state;
    for (const spool::Change::Outcome& outcome : change.outcomes)
      state.recipients.at(outcome.recipient) = outcome.progress;
    if (change.attempts) state.attempts = *change.attempts;
    if (change.next_attempt) state.next_attempt = *change.next_attempt;
    if (change.held) state.held = *change.held;
    if (change.delay_warned) state.delay_warned = *change.delay_warned;
    if (change.removed) messages_.erase(found);
  }

  queue::Executor& executor_;
  QueueIdSource ids_;
  std::map<QueueId, spool::StoredMessage> messages_;
};

}  // namespace postern::testing
