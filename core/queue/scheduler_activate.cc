// From the index into the active window: read, route, place.
#include <algorithm>

#include "core/base/log.h"
#include "core/queue/delivery_log.h"
#include "core/queue/scheduler.h"

namespace postern::queue {
namespace {

// The scheduler whose router is being called on this thread: an answer that comes before route()
// returns is taken at once, without a turn through the executor.
thread_local const Scheduler* routing_now = nullptr;

}  // namespace

void Scheduler::activate_due() {
  const WallTime now = timeline_.now();
  while (reads_ < options_.read_concurrency && window_has_room()) {
    const Index::Slot slot = index_.first_due();
    if (slot == Index::kNoSlot || from_ms(index_.at(slot).due_ms) > now) return;
    start_read(slot);
  }
}

ActiveMessage& Scheduler::make_active(Index::Slot slot) {
  index_.take_out(slot, MessageState::kActive);
  index_.at(slot).is_parked = 0;
  const QueueId id = index_.at(slot).id;
  auto made = std::make_unique<ActiveMessage>();
  made->id = id;
  made->slot = slot;
  made->is_placing = true;  // until activate() has been through its recipients
  return *active_.emplace(id, std::move(made)).first->second;
}

void Scheduler::start_read(Index::Slot slot) {
  const QueueId id = make_active(slot).id;
  ++reads_;
  background_.run([&store = store_, inbox = inbox_, id] {
    Result<spool::StoredMessage> stored = store.read(id);
    inbox->push([id, stored = std::move(stored)](Scheduler& self) mutable {
      self.on_read(id, std::move(stored));
    });
  });
}

void Scheduler::on_read(QueueId id, Result<spool::StoredMessage> stored) {
  --reads_;
  ActiveMessage* const message = find_active(id);
  if (message == nullptr) return;
  if (!stored) {
    read_failed(*message, stored.error());
    return;
  }
  message->envelope = std::make_shared<const mail::Envelope>(std::move(stored->envelope));
  message->content = std::move(stored->content);
  message->recipients.resize(message->envelope->recipients.size());
  for (std::size_t i = 0; i < message->recipients.size(); ++i) {
    ActiveRecipient& recipient = message->recipients[i];
    if (i < stored->state.recipients.size())
      recipient.progress = std::move(stored->state.recipients[i]);
    if (recipient.progress.state == spool::RecipientState::kPending)
      recipient.phase = Phase::kRouting;
  }
  index_.at(message->slot).is_null_sender = !message->envelope->reverse_path.has_value();
  activate(*message);
}

void Scheduler::read_failed(ActiveMessage& message, const Error& error) {
  const Index::Slot slot = message.slot;
  const QueueId id = message.id;
  auto wishes = std::move(message.wish_done);
  release(message);
  if (error.kind == ErrorKind::kNotFound) {
    index_.erase(slot);
  } else if (error.kind == ErrorKind::kCorrupt) {
    // Never delivered, never in the way; the spool keeps the octets for inspection.
    index_.take_out(slot, MessageState::kHeld);
    metrics_.set_aside.Increment();
    log::error("qmgr", "{:X}: set aside, its record is damaged: {}", id.value(), error.describe());
  } else {
    index_.at(slot).is_expiring = 0;
    index_.wait_until(slot, timeline_.now() + policy_.next_delay({}));
    log::warning("qmgr", "{:X}: cannot be read, will be tried again: {}", id.value(),
                 error.describe());
  }
  for (auto& done : wishes)
    done(std::unexpected(error));
}

void Scheduler::activate(ActiveMessage& message) {
  const IndexedMessage& entry = index_.at(message.slot);
  message.activated = timeline_.now();
  message.admitted = timeline_.steady();
  count_content(message);
  for (const ActiveRecipient& recipient : message.recipients)
    if (recipient.phase == Phase::kRouting) ++message.open;
  message.counted = message.open;
  active_recipients_ += message.counted;
  message.is_placing = true;
  const bool is_final = entry.is_expiring || message.wish != Wish::kNone;
  for (std::uint32_t i = 0; i < message.recipients.size(); ++i) {
    if (message.recipients[i].phase != Phase::kRouting) continue;
    if (is_final) {
      close_recipient(message, i, Phase::kBlocked);
    } else {
      route(message, i);
    }
  }
  message.is_placing = false;
  finish_if_done(message);
}

void Scheduler::announce(ActiveMessage& message) {
  if (message.is_announced) return;
  message.is_announced = true;
  log_active(message.id, message.envelope->reverse_path, index_.at(message.slot).size,
             message.counted);
}

void Scheduler::route(ActiveMessage& message, std::uint32_t recipient) {
  const Scheduler* const outer = std::exchange(routing_now, this);
  router_.route(
      *message.envelope, message.envelope->recipients[recipient],
      [this, inbox = inbox_, id = message.id,
       recipient](Result<mail::Destination> destination) mutable {
        if (routing_now == this) {
          on_routed(id, recipient, std::move(destination));
          return;
        }
        inbox->push([id, recipient, destination = std::move(destination)](Scheduler& self) mutable {
          self.on_routed(id, recipient, std::move(destination));
        });
      });
  routing_now = outer;
}

void Scheduler::on_routed(QueueId id, std::uint32_t recipient,
                          Result<mail::Destination> destination) {
  ActiveMessage* const message = find_active(id);
  if (message == nullptr || message->recipients[recipient].phase != Phase::kRouting) return;
  if (destination) {
    place(*message, recipient, std::move(*destination));
  } else {
    const bool is_temporary = destination.error().kind == ErrorKind::kUnavailable;
    spool::RecipientProgress progress;
    progress.diagnostic = destination.error().context;
    progress.status = is_temporary ? "4.3.0" : "5.4.4";
    const bool is_deferred = is_temporary || options_.soft_bounce;
    if (is_deferred) progress.status[0] = '4';
    settle_unattempted(*message, recipient, is_deferred ? Phase::kDeferred : Phase::kFailed,
                       std::move(progress));
  }
  finish_if_done(*message);
}

std::uint32_t Scheduler::window_share() const {
  // The message that asks is in the window already.
  const auto others = static_cast<double>(active_.empty() ? 0 : active_.size() - 1);
  const double share =
      options_.lane_window_share * std::max(0.0, options_.message_active_limit - others);
  if (share >= options_.message_active_limit) return options_.message_active_limit;
  return std::max(1u, static_cast<std::uint32_t>(share));
}

bool Scheduler::has_share(const Lane& lane) const {
  if (lane.messages == 0) return true;
  if (lane.messages >= window_share()) return false;
  const double free = static_cast<double>(options_.recipient_active_limit) -
                      std::min(active_recipients_, options_.recipient_active_limit);
  return lane.recipients <= std::max(1.0, options_.lane_window_share * free);
}

void Scheduler::place(ActiveMessage& message, std::uint32_t recipient,
                      mail::Destination destination) {
  if (message.wish != Wish::kNone) {
    close_recipient(message, recipient, Phase::kBlocked);
    return;
  }
  if (options_.deferred_transports.contains(destination.lane.transport) &&
      !index_.at(message.slot).is_flushed) {
    spool::RecipientProgress progress;
    progress.status = "4.3.2";
    progress.diagnostic = "deferred transport";
    settle_unattempted(message, recipient, Phase::kDeferred, std::move(progress));
    return;
  }
  Lane& lane = lanes_.lane(destination.lane);
  if (lane.window.is_dead(timeline_.now())) {
    suspend(message, recipient, lane);
    return;
  }
  auto found = std::ranges::find_if(message.jobs, [&](const std::unique_ptr<Job>& job) {
    return job->lane == &lane && job->route == destination.route;
  });
  if (found == message.jobs.end()) {
    if (!has_share(lane)) {
      park(message, lane);
      close_recipient(message, recipient, Phase::kBlocked);
      return;
    }
    message.jobs.push_back(std::make_unique<Job>());
    found = message.jobs.end() - 1;
    (*found)->message = &message;
    (*found)->lane = &lane;
    (*found)->route = std::move(destination.route);
    ++lane.messages;
  }
  announce(message);
  ++lane.recipients;
  message.recipients[recipient].phase = Phase::kQueued;
  (*found)->waiting.push_back(recipient);
  lane.append(**found);
  lanes_.mark_ready(lane);
}

void Scheduler::park(const ActiveMessage& message, Lane& lane) {
  constexpr std::size_t kMaxParked = 1'000'000;  // beyond it messages come back by their due time
  IndexedMessage& entry = index_.at(message.slot);
  if (entry.is_parked || lane.parked.size() >= kMaxParked) return;
  entry.is_parked = 1;
  lane.parked.push_back(message.id);
}

void Scheduler::unpark(Lane& lane) {
  // Refilled from half of its share on, in bulk: reads overlap with deliveries.
  const std::uint32_t share = window_share();
  if (lane.messages > share / 2) return;
  constexpr std::uint32_t kMaxAtOnce = 256;
  std::uint32_t room = std::min(share - lane.messages, kMaxAtOnce);
  while (room > 0 && !lane.parked.empty()) {
    const Index::Slot slot = index_.find(lane.parked.front());
    lane.parked.pop_front();
    if (slot == Index::kNoSlot || index_.at(slot).state != MessageState::kWaiting ||
        !index_.at(slot).is_parked)
      continue;
    index_.at(slot).is_parked = 0;
    index_.wait_until(slot, timeline_.now());
    --room;
  }
}

}  // namespace postern::queue
