// Operator verbs on one message, and what operators are shown of the scheduler.
#include <algorithm>

#include "core/base/log.h"
#include "core/queue/scheduler.h"

namespace postern::queue {
namespace {

std::unexpected<Error> unchanged(std::string_view state) {
  return fail(ErrorKind::kExists, "the message is {} already", state);
}

}  // namespace

void Scheduler::apply(Verb verb, QueueId id, VerbOneDone done) {
  const Index::Slot slot = index_.find(id);
  if (slot == Index::kNoSlot) {
    done(fail(ErrorKind::kNotFound, "queue id {:X}: not in the queue", id.value()));
    return;
  }
  ActiveMessage* const message = find_active(id);
  if (message == nullptr && index_.at(slot).state == MessageState::kActive) {
    done(fail(ErrorKind::kNotFound, "queue id {:X}: is being deleted", id.value()));
    return;
  }
  if (message == nullptr) {
    apply_waiting(verb, slot, std::move(done));
    return;
  }
  switch (verb) {
    case Verb::kHold: wish(*message, Wish::kHold, std::move(done)); return;
    case Verb::kDelete: wish(*message, Wish::kDelete, std::move(done)); return;
    case Verb::kExpire: wish(*message, Wish::kExpire, std::move(done)); return;
    case Verb::kRelease:
    case Verb::kRequeue:
    case Verb::kFlush: done(unchanged("being delivered")); return;
  }
}

void Scheduler::wish(ActiveMessage& message, Wish wish, VerbOneDone done) {
  message.wish = std::max(message.wish, wish);
  message.wish_done.push_back(std::move(done));
  if (message.is_placing || message.is_finishing) return;
  cancel_jobs(message);
  finish_if_done(message);
}

void Scheduler::apply_waiting(Verb verb, Index::Slot slot, VerbOneDone done) {
  IndexedMessage& entry = index_.at(slot);
  const bool is_held = entry.state == MessageState::kHeld;
  const WallTime now = timeline_.now();
  spool::Change change;
  change.id = entry.id;
  if (entry.is_expiring) {  // its last read is waiting for its turn
    done(unchanged("expiring"));
    return;
  }
  switch (verb) {
    case Verb::kHold:
      if (is_held) return done(unchanged("held"));
      index_.take_out(slot, MessageState::kHeld);
      change.held = true;
      break;
    case Verb::kRelease:
      if (!is_held) return done(unchanged("released"));
      change.held = false;
      break;
    case Verb::kRequeue:
      if (is_held) change.held = false;
      change.attempts = 0;
      entry.attempts = 0;
      break;
    case Verb::kFlush:
      if (is_held) return done(unchanged("held"));
      entry.is_flushed = 1;
      index_.wait_until(slot, now);
      return done({});
    case Verb::kExpire:
      entry.is_expiring = 1;
      index_.take_out(slot, MessageState::kHeld);
      expiring_.push_back(entry.id);
      return done({});
    case Verb::kDelete:
      index_.take_out(slot, MessageState::kActive);  // nobody else may start it
      change.removed = true;
      break;
  }
  if (verb == Verb::kRelease || verb == Verb::kRequeue) {
    entry.faults = 0;
    change.next_attempt = timeline_.to_wall(now);
    index_.wait_until(slot, now);
  }
  if (!change.removed) {
    record_for_verb(std::move(change), std::move(done));
    return;
  }
  record_for_verb(std::move(change),
                  [this, id = entry.id, done = std::move(done)](Result<void> result) mutable {
                    const Index::Slot found = index_.find(id);
                    if (found != Index::kNoSlot && result) {
                      index_.erase(found);
                      metrics_.removed.Increment();
                      log::info("postsuper", "{:X}: removed", id.value());
                    } else if (found != Index::kNoSlot) {
                      index_.wait_until(found, timeline_.now() + policy_.next_delay({}));
                    }
                    done(std::move(result));
                  });
}

void Scheduler::record_for_verb(spool::Change change, VerbOneDone done) {
  store_.record(
      std::move(change), [inbox = inbox_, done = std::move(done)](Result<void> result) mutable {
        inbox->push([done = std::move(done), result = std::move(result)](Scheduler&) mutable {
          done(std::move(result));
        });
      });
}

void Scheduler::revive_lanes(std::string_view site) {
  lanes_.for_each([&](Lane& lane) {
    if (!site.empty() && !mail::equals_ignoring_ascii_case(lane.key().site, site)) return;
    if (lane.window.limit(timeline_.now()) == 0) lane.window.revive();
    lanes_.mark_ready(lane);
  });
}

std::vector<LaneView> Scheduler::lanes() {
  std::vector<LaneView> views;
  const WallTime now = timeline_.now();
  lanes_.for_each([&](const Lane& lane) {
    LaneView view;
    view.key = lane.key();
    view.concurrency = lane.window.concurrency();
    view.limit = lane.window.limit(now);
    view.busy = lane.busy;
    view.messages = lane.messages;
    view.queued_jobs = lane.queued_jobs();
    view.parked = lane.parked.size();
    view.is_dead = lane.window.is_dead(now);
    if (view.is_dead) view.dead_until = timeline_.to_wall(lane.window.dead_until());
    view.last_failure = lane.last_failure.diagnostic;
    views.push_back(std::move(view));
  });
  std::ranges::sort(views, {}, &LaneView::key);
  return views;
}

QueueCounts Scheduler::counts() const {
  return {.waiting = index_.waiting(),
          .active = index_.count(MessageState::kActive),
          .held = index_.count(MessageState::kHeld),
          .active_recipients = active_recipients_,
          .content_bytes = content_bytes_,
          .lanes = lanes_.size(),
          .attempts = running_.size(),
          .index_bytes = index_.memory_bytes(),
          .is_loaded = loaded_at_.has_value()};
}

}  // namespace postern::queue
