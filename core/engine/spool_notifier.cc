#include "core/engine/spool_notifier.h"

#include <condition_variable>
#include <mutex>

#include "core/base/log.h"
#include "core/engine/own_message.h"

namespace postern::engine {
namespace {

delivery::DsnAction action_of(queue::ReportEntry::Action action) {
  using Action = queue::ReportEntry::Action;
  switch (action) {
    case Action::kFailed: return delivery::DsnAction::kFailed;
    case Action::kDelayed: return delivery::DsnAction::kDelayed;
    case Action::kDelivered: return delivery::DsnAction::kDelivered;
    case Action::kRelayed: return delivery::DsnAction::kRelayed;
    case Action::kExpanded: break;
  }
  return delivery::DsnAction::kExpanded;
}

delivery::DsnRequest request_of(const queue::Report& report, WallTime now) {
  delivery::DsnRequest out;
  out.id = report.id;
  out.envelope = report.envelope.get();
  out.content = report.content.get();
  out.now = now;
  if (report.kind == queue::Report::Kind::kDelay) out.retry_until = report.retry_until;
  for (const queue::ReportEntry& entry : report.entries)
    out.recipients.push_back({report.envelope->recipients[entry.recipient], action_of(entry.action),
                              entry.progress.status, entry.progress.remote_mta, entry.smtp_reply,
                              entry.progress.diagnostic});
  return out;
}

// As Postfix's bounce(8) calls them.
std::string_view title_of(const delivery::Notification& notification) {
  const bool to_sender = notification.purpose == delivery::Notification::Purpose::kDsn;
  switch (notification.kind) {
    case delivery::DsnKind::kFailure:
      return to_sender ? "sender non-delivery notification"
                       : "postmaster non-delivery notification";
    case delivery::DsnKind::kDelay:
      return to_sender ? "sender delay notification" : "postmaster delay notification";
    case delivery::DsnKind::kSuccess: break;
  }
  return "sender delivery status notification";
}

// `prologue` of local delivery has LF line ends.
std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

}  // namespace

// The messages of one report: done when all are durable, failed when one is not.  One that was
// committed before another failed is sent, and once more with the next try: better twice than
// never.
class SpoolNotifier::Batch {
 public:
  explicit Batch(std::move_only_function<void(Result<void>)> done) : done_(std::move(done)) {}
  // Every add() is answered by one finish(); the maker's own place keeps it open meanwhile.
  void add() { ++open_; }
  void finish(Result<void> result) {
    {
      const std::lock_guard lock(mutex_);
      if (!result && result_) result_ = std::move(result);
    }
    if (--open_ == 0) done_(std::move(result_));
  }

 private:
  std::atomic<std::size_t> open_{1};
  std::mutex mutex_;
  Result<void> result_;
  std::move_only_function<void(Result<void>)> done_;
};

void SpoolNotifier::report(queue::Report report, std::move_only_function<void(Result<void>)> done) {
  auto batch = std::make_shared<Batch>(std::move(done));
  auto work = [this, batch, report = std::move(report)] { compose(report, batch); };
  if (!pool_.try_run(std::move(work)))
    batch->finish(fail(ErrorKind::kUnavailable, "too much waits for the disk"));
}

void SpoolNotifier::compose(const queue::Report& report, std::shared_ptr<Batch> batch) {
  auto notifications = policy_.get()->composer->compose(request_of(report, intake_.clock().wall()));
  if (!notifications) return batch->finish(std::unexpected(notifications.error()));
  for (delivery::Notification& each : *notifications)
    send(report, std::move(each), batch);
  batch->finish({});
}

void SpoolNotifier::send(const queue::Report& report, delivery::Notification notification,
                         const std::shared_ptr<Batch>& batch) {
  batch->add();
  const QueueId id = intake_.store().next_id();
  const WallTime now = intake_.clock().wall();
  auto content = store_octets(
      intake_.store(), id, received_by_engine(id, now, policy_.get()->trace), notification.content);
  if (!content) return batch->finish(std::unexpected(content.error()));
  log_message_id(id, notification.content);
  notification.envelope.arrival = now;
  auto committed = [this, batch, parent = report.id,
                    title = title_of(notification)](Result<Intake::Accepted> accepted) {
    if (!accepted) return batch->finish(std::unexpected(accepted.error()));
    const QueueId own = accepted->token.id();
    log::info("bounce", "{}: {}: {}", parent.to_string(), title, own.to_string());
    [[maybe_unused]] const spool::CommitToken token = intake_.admit(std::move(*accepted));
    batch->finish({});
  };
  intake_.commit(id, std::move(notification.envelope), std::move(*content), std::move(committed));
}

void SpoolNotifier::inject(queue::Injection injection, Injected done) {
  // Shared, so that a refusal by the pool leaves something to answer with.
  auto shared = std::make_shared<Injected>(std::move(done));
  auto work = [this, shared, injection = std::move(injection)]() mutable {
    copy({injection.parent, std::move(injection.envelope), "", std::move(injection.content)},
         std::move(*shared));
  };
  if (!pool_.try_run(std::move(work)))
    (*shared)(fail(ErrorKind::kUnavailable, "too much waits for the disk"));
}

Result<QueueId> SpoolNotifier::forward(delivery::Forwarding forwarding) {
  struct Answer {
    std::mutex mutex;
    std::condition_variable ready;
    std::optional<Result<QueueId>> value;
  };
  const auto answer = std::make_shared<Answer>();
  copy(std::move(forwarding), [answer](Result<QueueId> result) {
    const std::lock_guard lock(answer->mutex);
    answer->value = std::move(result);
    answer->ready.notify_one();
  });
  std::unique_lock lock(answer->mutex);
  const auto has_come = [&] { return answer->value.has_value(); };
  if (!answer->ready.wait_for(lock, kForwardTimeout, has_come))
    return fail(ErrorKind::kTimeout, "the spool has not answered within {} s",
                kForwardTimeout.count());
  return std::move(*answer->value);
}

void SpoolNotifier::copy(delivery::Forwarding forwarding, Injected done) {
  const QueueId id = intake_.store().next_id();
  const WallTime now = intake_.clock().wall();
  const std::string prologue =
      received_by_engine(id, now, policy_.get()->trace) + with_crlf(forwarding.prologue);
  auto content = store_copy(intake_.store(), id, prologue, *forwarding.content);
  if (!content) return done(std::unexpected(content.error()));
  forwarding.envelope.origin = mail::Origin::kForwarded;
  forwarding.envelope.arrival = now;
  auto committed = [this, parent = forwarding.parent,
                    done = std::move(done)](Result<Intake::Accepted> accepted) mutable {
    if (!accepted) return done(std::unexpected(accepted.error()));
    const QueueId own = accepted->token.id();
    log::info("cleanup", "{}: forwarded from {}", own.to_string(), parent.to_string());
    [[maybe_unused]] const spool::CommitToken token = intake_.admit(std::move(*accepted));
    done(own);
  };
  intake_.commit(id, std::move(forwarding.envelope), std::move(*content), std::move(committed));
}

}  // namespace postern::engine
