// Attempts: start what the lanes allow, take the results, judge the lane by them.
#include <algorithm>

#include "core/base/log.h"
#include "core/queue/delivery_log.h"
#include "core/queue/scheduler.h"

namespace postern::queue {
namespace {

// Transport names whose log name in Postfix is another one; a clone is named by its options.
std::string_view log_service(const mail::LaneKey& lane, const TransportOptions& options) {
  if (!options.log_service.empty()) return options.log_service;
  if (lane.transport == "relay") return "smtp";
  if (lane.transport == "retry") return "error";
  return lane.transport;
}

double seconds_between(WallTime from, WallTime to) {
  return std::chrono::duration<double>(to - from).count();
}

std::string_view default_status(Phase phase) {
  return phase == Phase::kFailed ? "5.0.0" : phase == Phase::kDeferred ? "4.0.0" : "2.0.0";
}

Phase phase_of(mail::Outcome outcome) {
  switch (outcome) {
    case mail::Outcome::kDelivered: return Phase::kDelivered;
    case mail::Outcome::kDeferred: return Phase::kDeferred;
    case mail::Outcome::kFailed: return Phase::kFailed;
    case mail::Outcome::kExpanded: return Phase::kExpanded;
  }
  return Phase::kDeferred;
}

}  // namespace

// The callback of one attempt.  A runner that drops it without calling it has failed: the attempt
// ends then, instead of never.
class AttemptReply {
 public:
  AttemptReply(std::shared_ptr<Inbox> inbox, std::uint64_t number)
      : inbox_(std::move(inbox)), number_(number) {}
  AttemptReply(AttemptReply&& other) noexcept = default;
  AttemptReply& operator=(AttemptReply&&) = delete;
  ~AttemptReply() {
    if (inbox_ != nullptr) send(std::nullopt);
  }

  void operator()(mail::AttemptResult result) {
    if (inbox_ != nullptr) send(std::move(result));
  }

 private:
  void send(std::optional<mail::AttemptResult> result) {
    const auto inbox = std::exchange(inbox_, nullptr);
    inbox->push([number = number_, result = std::move(result)](Scheduler& self) mutable {
      self.on_attempt_done(number, std::move(result));
    });
  }

  std::shared_ptr<Inbox> inbox_;
  const std::uint64_t number_;
};

void Scheduler::dispatch() {
  const WallTime now = timeline_.now();
  for (;;) {
    LaneSet::Transaction transaction = lanes_.next(now);
    if (transaction.job == nullptr) return;
    start_attempt(std::move(transaction));
  }
}

void Scheduler::start_attempt(LaneSet::Transaction transaction) {
  ActiveMessage& message = *transaction.job->message;
  for (const std::uint32_t i : transaction.recipients)
    message.recipients[i].phase = Phase::kInFlight;
  const std::uint64_t number = next_attempt_number_++;
  Running& running = running_[number];
  running.message = &message;
  running.job = transaction.job;
  running.recipients = std::move(transaction.recipients);
  running.started = timeline_.now();
  metrics_.active_delay.Observe(seconds_between(message.activated, running.started));
  if (message.content != nullptr) {
    run_attempt(number, message.content);
    return;
  }
  with_content(message, [this, number](Result<mail::ContentPtr> content) {
    if (content) {
      run_attempt(number, std::move(*content));
      return;
    }
    log::warning("qmgr", "content cannot be read: {}", content.error().describe());
    mail::AttemptResult result;
    for (const std::uint32_t i : running_.at(number).recipients) {
      mail::RecipientResult& each = result.recipients.emplace_back();
      each.recipient = i;
      each.status = "4.3.0";
      each.diagnostic = "message content cannot be read";
    }
    on_attempt_done(number, std::move(result));
  });
}

void Scheduler::run_attempt(std::uint64_t number, mail::ContentPtr content) {
  const Running& running = running_.at(number);
  const ActiveMessage& message = *running.message;
  mail::Attempt attempt;
  attempt.id = message.id;
  attempt.lane = running.job->lane->key();
  attempt.route = running.job->route;
  attempt.envelope = message.envelope;
  attempt.content = std::move(content);
  attempt.recipients = running.recipients;
  attempt.queued_since = from_ms(index_.at(message.slot).arrival_ms);
  attempt.admitted = message.admitted;
  try {
    runner_.run(std::move(attempt), AttemptReply(inbox_, number));
  } catch (const std::exception& error) {
    // The reply's destructor has ended the attempt.
    log::error("qmgr", "{:X}: delivery to {} failed inside: {}", message.id.value(),
               running.job->lane->key().site, error.what());
  }
}

void Scheduler::on_attempt_done(std::uint64_t number, std::optional<mail::AttemptResult> result) {
  const auto found = running_.find(number);
  if (found == running_.end()) return;
  const Running running = std::move(found->second);
  running_.erase(found);
  ActiveMessage& message = *running.message;
  Lane& lane = *running.job->lane;
  metrics_.attempt.Observe(seconds_between(running.started, timeline_.now()));
  --running.job->in_flight;
  message.is_attempted = true;
  message.is_placing = true;  // until all results are in
  bool is_complete = result.has_value();
  if (result) {
    for (mail::RecipientResult& each : result->recipients) {
      const bool is_asked =
          std::ranges::find(running.recipients, each.recipient) != running.recipients.end() &&
          message.recipients[each.recipient].phase == Phase::kInFlight;
      if (is_asked) apply_result(running, *result, std::move(each));
    }
    judge_lane(running, result->site);
  }
  for (const std::uint32_t i : running.recipients) {
    // Expansion keeps a recipient in flight; it says so in its progress.
    ActiveRecipient& recipient = message.recipients[i];
    if (recipient.phase != Phase::kInFlight ||
        recipient.progress.state == spool::RecipientState::kExpanded)
      continue;
    is_complete = false;
    recipient.progress.status = "4.3.0";
    recipient.progress.diagnostic = "delivery ended without a result";
    metrics_.deferred.Increment();
    close_recipient(message, i, Phase::kDeferred);
  }
  if (!is_complete) record_fault(message);
  lanes_.finished(lane);
  message.is_placing = false;
  if (message.open > 0) record_delivered(message);
  finish_if_done(message);
}

void Scheduler::judge_lane(const Running& running, mail::SiteVerdict verdict) {
  Lane& lane = *running.job->lane;
  switch (verdict) {
    case mail::SiteVerdict::kGood: lane.window.on_good(lane.busy); return;
    case mail::SiteVerdict::kThrottle: lane.window.on_throttle(); return;
    case mail::SiteVerdict::kDead: break;
  }
  // The results have moved into the message; any recipient's will do.
  const spool::RecipientProgress& reason =
      running.message->recipients[running.recipients.front()].progress;
  if (!reason.diagnostic.empty()) {
    lane.last_failure.diagnostic = reason.diagnostic;
    lane.last_failure.status = reason.status;
    lane.last_failure.status[0] = '4';
  }
  if (lane.window.on_dead(timeline_.now(), policy_)) suspend_jobs(lane);
}

void Scheduler::apply_result(const Running& running, const mail::AttemptResult& attempt,
                             mail::RecipientResult result) {
  ActiveMessage& message = *running.message;
  ActiveRecipient& recipient = message.recipients[result.recipient];
  Phase phase = phase_of(result.outcome);
  if (result.status.empty()) result.status = default_status(phase);
  if (phase == Phase::kFailed && options_.soft_bounce) {
    phase = Phase::kDeferred;
    result.status[0] = '4';
  }
  recipient.progress.diagnostic = std::move(result.diagnostic);
  recipient.progress.status = std::move(result.status);
  recipient.progress.remote_mta = std::move(result.remote_mta);
  recipient.smtp_reply = std::move(result.smtp_reply);
  recipient.is_relayed = result.relayed_without_dsn;

  const WallTime arrival = from_ms(index_.at(message.slot).arrival_ms);
  const mail::LaneKey& lane = running.job->lane->key();
  log_delivery(log_service(lane, running.job->lane->options()),
               {.id = message.id,
                .recipient = &message.envelope->recipients[result.recipient],
                .relay = recipient.progress.remote_mta,
                .connection_use = attempt.connection_use,
                .before_active = seconds_between(arrival, message.activated),
                .in_active = seconds_between(message.activated, running.started),
                .connecting = attempt.connect_seconds,
                .transmitting = attempt.transmit_seconds,
                .dsn = recipient.progress.status,
                .status = phase == Phase::kFailed     ? "bounced"
                          : phase == Phase::kDeferred ? "deferred"
                                                      : "sent",
                .text = recipient.progress.diagnostic});
  if (phase == Phase::kExpanded) {
    expand(message, result.recipient, std::move(result.expanded));
    return;
  }
  if (phase == Phase::kDelivered) {
    metrics_.delivered.Increment();
    metrics_.delay.Observe(seconds_between(arrival, timeline_.now()));
  } else {
    (phase == Phase::kFailed ? metrics_.failed : metrics_.deferred).Increment();
  }
  close_recipient(message, result.recipient, phase);
}

void Scheduler::expand(ActiveMessage& message, std::uint32_t recipient,
                       std::vector<mail::Recipient> expanded) {
  // Marks it as in flight without an attempt.
  message.recipients[recipient].progress.state = spool::RecipientState::kExpanded;
  Injection injection;
  injection.parent = message.id;
  injection.envelope = *message.envelope;
  injection.envelope.origin = mail::Origin::kForwarded;
  injection.envelope.recipients.clear();
  // Whoever is a recipient of this message already, or twice in the expansion, gets one copy.
  const auto is_same = [](const mail::Recipient& one) {
    return [&one](const mail::Recipient& other) { return other.forward_path == one.forward_path; };
  };
  for (mail::Recipient& each : expanded)
    if (std::ranges::none_of(message.envelope->recipients, is_same(each)) &&
        std::ranges::none_of(injection.envelope.recipients, is_same(each)))
      injection.envelope.recipients.push_back(std::move(each));
  if (injection.envelope.recipients.empty()) {
    on_injected(message.id, recipient, QueueId{});
    return;
  }
  with_content(message, [this, id = message.id, recipient, injection = std::move(injection)](
                            Result<mail::ContentPtr> content) mutable {
    if (!content) {
      on_injected(id, recipient, std::unexpected(content.error()));
      return;
    }
    injection.content = std::move(*content);
    notifier_.inject(std::move(injection),
                     [inbox = inbox_, id, recipient](Result<QueueId> injected) {
                       inbox->push([id, recipient, injected](Scheduler& self) {
                         self.on_injected(id, recipient, injected);
                       });
                     });
  });
}

void Scheduler::on_injected(QueueId id, std::uint32_t recipient, const Result<QueueId>& injected) {
  ActiveMessage* const message = find_active(id);
  if (message == nullptr || message->recipients[recipient].phase != Phase::kInFlight) return;
  ActiveRecipient& state = message->recipients[recipient];
  state.progress.state = spool::RecipientState::kPending;
  if (injected) {
    metrics_.expanded.Increment();
    close_recipient(*message, recipient, Phase::kExpanded);
  } else {
    state.progress.status = "4.3.0";
    state.progress.diagnostic = "expanded recipients cannot be queued: " + injected.error().context;
    metrics_.deferred.Increment();
    log::warning("qmgr", "{:X}: {}", id.value(), state.progress.diagnostic);
    close_recipient(*message, recipient, Phase::kDeferred);
  }
  finish_if_done(*message);
}

void Scheduler::record_fault(ActiveMessage& message) {
  IndexedMessage& entry = index_.at(message.slot);
  if (entry.faults < 7) entry.faults = static_cast<std::uint8_t>((entry.faults + 1) & 7);
  log::error("qmgr", "{:X}: delivery ended without a result ({} of {} times before it is held)",
             message.id.value(), static_cast<unsigned>(entry.faults), options_.poison_limit);
  if (entry.faults < options_.poison_limit || message.wish > Wish::kHold) return;
  for (ActiveRecipient& recipient : message.recipients)
    if (recipient.phase == Phase::kDeferred)
      recipient.progress.diagnostic =
          fmt::format("set aside: its delivery ended without a result {} times",
                      static_cast<unsigned>(entry.faults));
  metrics_.set_aside.Increment();
  message.wish = Wish::kHold;
  cancel_jobs(message);
}

void Scheduler::suspend_jobs(Lane& lane) {
  while (Job* const job = lane.front()) {
    lane.remove(*job);
    ActiveMessage& message = *job->message;
    for (; job->next < job->waiting.size(); ++job->next)
      suspend(message, job->waiting[job->next], lane);
    finish_if_done(message);
  }
}

void Scheduler::suspend(ActiveMessage& message, std::uint32_t recipient, const Lane& lane) {
  spool::RecipientProgress progress;
  progress.diagnostic = "delivery temporarily suspended: " + lane.last_failure.diagnostic;
  progress.status = lane.last_failure.status.empty() ? "4.4.1" : lane.last_failure.status;
  message.retry_floor = std::max(message.retry_floor, lane.window.dead_until());
  settle_unattempted(message, recipient, Phase::kDeferred, std::move(progress));
}

void Scheduler::settle_unattempted(ActiveMessage& message, std::uint32_t recipient, Phase phase,
                                   spool::RecipientProgress progress) {
  announce(message);
  const WallTime now = timeline_.now();
  log_delivery("error", {.id = message.id,
                         .recipient = &message.envelope->recipients[recipient],
                         .relay = {},
                         .before_active = seconds_between(
                             from_ms(index_.at(message.slot).arrival_ms), message.activated),
                         .in_active = seconds_between(message.activated, now),
                         .dsn = progress.status,
                         .status = phase == Phase::kFailed ? "bounced" : "deferred",
                         .text = progress.diagnostic});
  message.recipients[recipient].progress = std::move(progress);
  (phase == Phase::kFailed ? metrics_.failed : metrics_.deferred).Increment();
  close_recipient(message, recipient, phase);
}

void Scheduler::close_recipient(ActiveMessage& message, std::uint32_t recipient, Phase phase) {
  message.recipients[recipient].phase = phase;
  --message.open;
}

void Scheduler::cancel_jobs(ActiveMessage& message) {
  for (const std::unique_ptr<Job>& job : message.jobs) {
    job->lane->remove(*job);
    for (; job->next < job->waiting.size(); ++job->next)
      close_recipient(message, job->waiting[job->next], Phase::kBlocked);
  }
}

void Scheduler::record_delivered(ActiveMessage& message) {
  spool::Change change;
  change.id = message.id;
  std::vector<std::uint32_t> recorded;
  for (std::uint32_t i = 0; i < message.recipients.size(); ++i) {
    const ActiveRecipient& recipient = message.recipients[i];
    if (recipient.is_recorded) continue;
    if (recipient.phase != Phase::kDelivered && recipient.phase != Phase::kExpanded) continue;
    change.outcomes.push_back({i, recipient.progress});
    change.outcomes.back().progress.state = recipient.phase == Phase::kDelivered
                                                ? spool::RecipientState::kDelivered
                                                : spool::RecipientState::kExpanded;
    recorded.push_back(i);
  }
  if (recorded.empty()) return;
  store_.record(std::move(change), [inbox = inbox_, id = message.id,
                                    recorded = std::move(recorded)](Result<void> result) mutable {
    // On error the final record of this run carries them again.
    if (!result) return;
    inbox->push([id, recorded = std::move(recorded)](Scheduler& self) {
      if (ActiveMessage* const active = self.find_active(id))
        for (const std::uint32_t i : recorded)
          active->recipients[i].is_recorded = true;
    });
  });
}

}  // namespace postern::queue
