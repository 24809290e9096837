// The end of a message's run: expiry, reports, the record, and back to the index.
#include <algorithm>

#include "core/base/log.h"
#include "core/queue/delivery_log.h"
#include "core/queue/scheduler.h"

namespace postern::queue {
namespace {

constexpr std::chrono::seconds kRecordRetry{10};

bool is_pending(Phase phase) { return phase == Phase::kDeferred || phase == Phase::kBlocked; }

// RFC 3461 s4.1: without NOTIFY a failure is reported, and a delay where the site warns at all.
bool wants(const mail::Recipient& recipient, mail::DsnNotify kind) {
  if (recipient.notify == mail::DsnNotify::kUnspecified) return kind != mail::DsnNotify::kSuccess;
  return !mail::has(recipient.notify, mail::DsnNotify::kNever) && mail::has(recipient.notify, kind);
}

}  // namespace

void Scheduler::finish_if_done(ActiveMessage& message) {
  if (message.open == 0 && !message.is_placing && !message.is_finishing) finish(message);
}

void Scheduler::finish(ActiveMessage& message) {
  message.is_finishing = true;
  message.decided_wish = message.wish;
  ++finishing_;
  const IndexedMessage& entry = index_.at(message.slot);
  const bool is_forced = message.wish == Wish::kExpire;
  if (message.wish == Wish::kDelete) {
    record_final(message);
    return;
  }
  if (is_forced || entry.is_expiring) {
    expire_recipients(message, is_forced);
  } else if (message.wish == Wish::kNone && loaded_at_ &&
             policy_.is_expired(age_of(message), entry.is_null_sender) &&
             std::ranges::any_of(message.recipients, [](const ActiveRecipient& recipient) {
               return recipient.phase == Phase::kDeferred;  // it has had its last attempt
             })) {
    expire_recipients(message, false);
  }
  std::vector<Report> reports = reports_due(message);
  if (reports.empty()) {
    record_final(message);
    return;
  }
  // Reports take time; a crash meanwhile must not deliver again.
  record_delivered(message);
  with_content(message, [this, id = message.id,
                         reports = std::move(reports)](Result<mail::ContentPtr> content) mutable {
    ActiveMessage* const active = find_active(id);
    if (active == nullptr) return;
    if (content) {
      send_reports(*active, std::move(reports), std::move(*content));
      return;
    }
    for (const Report& report : reports)
      reports_failed(*active, report.kind, content.error());
    record_final(*active);
  });
}

void Scheduler::expire_recipients(ActiveMessage& message, bool is_forced) {
  bool is_any = false;
  for (ActiveRecipient& recipient : message.recipients) {
    if (!is_pending(recipient.phase)) continue;
    recipient.phase = Phase::kFailed;
    recipient.is_expired = true;
    is_any = true;
    if (recipient.progress.status.empty()) recipient.progress.status = "4.4.7";
    if (recipient.progress.diagnostic.empty())
      recipient.progress.diagnostic = "the message's time in the queue ended";
  }
  if (!is_any) return;
  metrics_.expired.Increment();
  log_expired(message.id, message.envelope->reverse_path, is_forced);
}

std::vector<Report> Scheduler::reports_due(ActiveMessage& message) {
  const mail::Envelope& envelope = *message.envelope;
  const bool has_sender = envelope.reverse_path.has_value();  // RFC 5321 s6.1: no DSN to <>
  const IndexedMessage& entry = index_.at(message.slot);
  const bool is_warning_due = has_sender && !entry.is_delay_warned && message.wish == Wish::kNone &&
                              policy_.is_warning_due(age_of(message));
  Report failure, success, delay;
  success.kind = Report::Kind::kSuccess;
  delay.kind = Report::Kind::kDelay;
  for (std::uint32_t i = 0; i < message.recipients.size(); ++i) {
    const ActiveRecipient& recipient = message.recipients[i];
    const mail::Recipient& address = envelope.recipients[i];
    ReportEntry each{.recipient = i,
                     .action = ReportEntry::Action::kFailed,
                     .progress = recipient.progress,
                     .smtp_reply = recipient.smtp_reply,
                     .is_dsn_due = false,
                     .is_expired = recipient.is_expired};
    if (recipient.phase == Phase::kFailed) {
      each.is_dsn_due = has_sender && wants(address, mail::DsnNotify::kFailure);
      failure.entries.push_back(std::move(each));
    } else if ((recipient.phase == Phase::kDelivered || recipient.phase == Phase::kExpanded) &&
               has_sender && wants(address, mail::DsnNotify::kSuccess)) {
      // RFC 3461 s5.2.2: a next hop that knows DSN reports delivery itself; what remote_mta was
      // told is the agent's business, it marks what it relayed without.
      each.is_dsn_due = true;
      each.action = recipient.phase == Phase::kExpanded ? ReportEntry::Action::kExpanded
                    : recipient.is_relayed              ? ReportEntry::Action::kRelayed
                                                        : ReportEntry::Action::kDelivered;
      success.entries.push_back(std::move(each));
    } else if (recipient.phase == Phase::kDeferred && is_warning_due &&
               wants(address, mail::DsnNotify::kDelay)) {
      each.is_dsn_due = true;
      each.action = ReportEntry::Action::kDelayed;
      delay.entries.push_back(std::move(each));
    }
  }
  std::vector<Report> reports;
  for (Report* report : {&failure, &success, &delay})
    if (!report->entries.empty()) reports.push_back(std::move(*report));
  return reports;
}

void Scheduler::send_reports(ActiveMessage& message, std::vector<Report> reports,
                             mail::ContentPtr content) {
  const IndexedMessage& entry = index_.at(message.slot);
  message.reports_open = static_cast<unsigned>(reports.size());
  for (Report& report : reports) {
    report.id = message.id;
    report.envelope = message.envelope;
    report.content = content;
    report.arrival = timeline_.to_wall(from_ms(entry.arrival_ms));
    report.retry_until = report.arrival + policy_.lifetime(entry.is_null_sender);
    const Report::Kind kind = report.kind;
    notifier_.report(std::move(report),
                     [inbox = inbox_, id = message.id, kind](Result<void> result) {
                       inbox->push([id, kind, result = std::move(result)](Scheduler& self) {
                         self.on_report_done(id, kind, result);
                       });
                     });
  }
}

void Scheduler::on_report_done(QueueId id, Report::Kind kind, const Result<void>& result) {
  ActiveMessage* const message = find_active(id);
  if (message == nullptr || message->reports_open == 0) return;
  if (!result) {
    reports_failed(*message, kind, result.error());
  } else if (kind == Report::Kind::kDelay) {
    message->is_warned = true;
  }
  if (--message->reports_open == 0) record_final(*message);
}

void Scheduler::reports_failed(ActiveMessage& message, Report::Kind kind, const Error& error) {
  log::warning("qmgr", "{:X}: a report to the sender cannot be queued: {}", message.id.value(),
               error.describe());
  if (kind != Report::Kind::kFailure) return;
  // Without its report a failure did not happen: these recipients are tried again.
  index_.at(message.slot).is_expiring = 0;
  for (ActiveRecipient& recipient : message.recipients)
    if (recipient.phase == Phase::kFailed) recipient.phase = Phase::kDeferred;
}

void Scheduler::decide_due(ActiveMessage& message) {
  const WallTime now = timeline_.now();
  const bool is_blocked = std::ranges::any_of(message.recipients, [](const ActiveRecipient& each) {
    return each.phase == Phase::kBlocked;
  });
  // Recipients that only lacked room come back as early as any retry may.
  message.due = now + policy_.next_delay(is_blocked ? RetryPolicy::Duration{} : age_of(message));
  message.due =
      std::max(message.due, std::min(message.retry_floor, now + options_.maximal_backoff_time));
}

spool::Change Scheduler::final_change(const ActiveMessage& message) const {
  spool::Change change;
  change.id = message.id;
  change.removed = message.decided_wish == Wish::kDelete;
  bool is_any_pending = false;
  bool is_any_deferred = false;
  for (std::uint32_t i = 0; i < message.recipients.size(); ++i) {
    const ActiveRecipient& recipient = message.recipients[i];
    if (is_pending(recipient.phase)) is_any_pending = true;
    if (recipient.phase == Phase::kDeferred) is_any_deferred = true;
    if (recipient.is_recorded || recipient.phase == Phase::kSettled ||
        recipient.phase == Phase::kBlocked)
      continue;
    spool::RecipientProgress progress = recipient.progress;
    progress.state = recipient.phase == Phase::kDelivered  ? spool::RecipientState::kDelivered
                     : recipient.phase == Phase::kExpanded ? spool::RecipientState::kExpanded
                     : recipient.phase == Phase::kFailed   ? spool::RecipientState::kFailed
                                                           : spool::RecipientState::kPending;
    change.outcomes.push_back({i, std::move(progress)});
  }
  if (!is_any_pending) change.removed = true;
  if (change.removed) return change;
  if (is_any_deferred) {
    const IndexedMessage& entry = index_.at(message.slot);
    if (message.is_attempted) change.attempts = entry.attempts + 1u;
    change.next_attempt = timeline_.to_wall(message.due);
  }
  if (message.decided_wish == Wish::kHold) change.held = true;
  if (message.is_warned) change.delay_warned = true;
  return change;
}

void Scheduler::record_final(ActiveMessage& message) {
  if (message.due == WallTime{}) decide_due(message);
  spool::Change change = final_change(message);
  if (!change.removed && change.outcomes.empty() && !change.next_attempt && !change.held) {
    settle(message);  // nothing was learned: it only lacked room
    return;
  }
  store_.record(std::move(change), [inbox = inbox_, id = message.id](Result<void> result) {
    inbox->push(
        [id, result = std::move(result)](Scheduler& self) { self.on_final_recorded(id, result); });
  });
}

void Scheduler::on_final_recorded(QueueId id, const Result<void>& result) {
  ActiveMessage* const message = find_active(id);
  if (message == nullptr) return;
  if (result) {
    settle(*message);
    return;
  }
  // The result stands, only its record does not: never deliver again for that, record again.
  metrics_.record_errors.Increment();
  log::error("qmgr", "{:X}: result cannot be recorded, will be tried again: {}", id.value(),
             result.error().describe());
  inbox_->push_after(kRecordRetry, [id](Scheduler& self) {
    if (ActiveMessage* const active = self.find_active(id)) self.record_final(*active);
  });
}

void Scheduler::settle(ActiveMessage& message) {
  const QueueId id = message.id;
  const Index::Slot slot = message.slot;
  IndexedMessage& entry = index_.at(slot);
  std::uint32_t pending = 0;
  bool is_any_deferred = false;
  for (const ActiveRecipient& recipient : message.recipients) {
    if (is_pending(recipient.phase)) ++pending;
    if (recipient.phase == Phase::kDeferred) is_any_deferred = true;
  }
  const bool is_removed = pending == 0 || message.decided_wish == Wish::kDelete;
  const bool is_held = !is_removed && message.decided_wish == Wish::kHold;
  // A wish that came while the results were being recorded.
  const Wish late = message.wish != message.decided_wish ? message.wish : Wish::kNone;
  auto wishes = std::move(message.wish_done);
  entry.pending = pending;
  if (message.is_attempted && is_any_deferred && entry.attempts < 65'535) ++entry.attempts;
  if (message.is_warned) entry.is_delay_warned = 1;
  if (is_any_deferred) entry.is_parked = entry.is_flushed = 0;
  const WallTime due = message.due;
  --finishing_;
  if (is_removed) {
    index_.erase(slot);
    metrics_.removed.Increment();
    log_removed(id);
  } else if (is_held) {
    index_.take_out(slot, MessageState::kHeld);
  } else {
    index_.wait_until(slot, due);
  }
  release(message);
  if (late != Wish::kNone && !is_removed) {
    const Verb verb = late == Wish::kHold     ? Verb::kHold
                      : late == Wish::kDelete ? Verb::kDelete
                                              : Verb::kExpire;
    apply(verb, id, [wishes = std::move(wishes)](Result<void> result) mutable {
      for (VerbOneDone& done : wishes)
        done(result);
    });
    return;
  }
  for (VerbOneDone& done : wishes)
    done({});
}

}  // namespace postern::queue
