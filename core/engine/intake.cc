#include "core/engine/intake.h"

#include "core/base/log.h"
#include "core/engine/expand_recipients.h"

namespace postern::engine {

struct Intake::Pending {
  QueueId id;
  mail::Envelope envelope;
  mail::ContentPtr content;
  Done done;
  std::shared_ptr<const MailPolicy> policy;
  std::optional<queue::Report> expanded;
};

namespace {

// RFC 3461 s5.2.7.2: the sender asked to hear of success, and from here on the mail is several.
queue::Report expansion_report(QueueId id, mail::Envelope envelope, mail::ContentPtr content,
                               const std::vector<std::uint32_t>& recipients, WallTime now) {
  queue::Report out;
  out.kind = queue::Report::Kind::kSuccess;
  out.id = id;
  out.arrival = now;
  for (const std::uint32_t i : recipients) {
    queue::ReportEntry& entry = out.entries.emplace_back();
    entry.recipient = i;
    entry.action = queue::ReportEntry::Action::kExpanded;
    entry.progress.state = spool::RecipientState::kExpanded;
    entry.progress.status = "2.0.0";
    entry.progress.diagnostic = "alias expanded";
    entry.is_dsn_due = envelope.reverse_path.has_value();
  }
  out.envelope = std::make_shared<const mail::Envelope>(std::move(envelope));
  out.content = std::move(content);
  return out;
}

}  // namespace

void Intake::commit(QueueId id, mail::Envelope envelope, mail::ContentPtr content, Done done) {
  auto pending = std::make_unique<Pending>();
  pending->id = id;
  pending->envelope = std::move(envelope);
  pending->content = std::move(content);
  pending->done = std::move(done);
  pending->policy = policy_.get();
  if (!pending->policy->expansion_may_block) return expand(std::move(pending));
  // Shared, so that a refusal by the pool leaves something to answer with.
  auto shared = std::make_shared<std::unique_ptr<Pending>>(std::move(pending));
  if (!pool_.try_run([this, shared] { expand(std::move(*shared)); }))
    (*shared)->done(fail(ErrorKind::kUnavailable, "too many table look-ups wait"));
}

void Intake::expand(std::unique_ptr<Pending> pending) {
  mail::Envelope& envelope = pending->envelope;
  auto expanded = expand_recipients(envelope.recipients, *pending->policy->directory);
  if (!expanded) {
    log::warning("cleanup", "{}: {}", pending->id.to_string(), expanded.error().describe());
    return pending->done(std::unexpected(std::move(expanded.error())));
  }
  if (!expanded->success_due.empty())
    pending->expanded = expansion_report(pending->id, envelope, pending->content,
                                         expanded->success_due, clock_.wall());
  envelope.recipients = std::move(expanded->recipients);
  write(std::move(pending));
}

void Intake::write(std::unique_ptr<Pending> pending) {
  const QueueId id = pending->id;
  auto envelope = std::make_shared<const mail::Envelope>(std::move(pending->envelope));
  spool::MessageState state;
  state.recipients.resize(envelope->recipients.size());
  state.next_attempt = envelope->arrival;
  mail::ContentPtr content = pending->content;
  auto committed = [pending = std::move(pending), envelope,
                    state](spool::CommitResult token) mutable {
    if (!token) {
      log::warning("cleanup", "{}: {}", pending->id.to_string(), token.error().describe());
      return pending->done(std::unexpected(std::move(token.error())));
    }
    pending->done(Accepted{std::move(*token), std::move(envelope), std::move(pending->content),
                           std::move(state), std::move(pending->expanded)});
  };
  store_.commit(id, envelope, std::move(content), state, std::move(committed));
}

spool::CommitToken Intake::admit(Accepted accepted) {
  queue_->admit(accepted.token.id(), std::move(accepted.envelope), std::move(accepted.content),
                std::move(accepted.state));
  if (accepted.expanded) {
    auto reported = [id = accepted.token.id()](Result<void> result) {
      if (!result)
        log::warning("bounce", "{}: report of expansion lost: {}", id.to_string(),
                     result.error().describe());
    };
    notifier_->report(std::move(*accepted.expanded), std::move(reported));
  }
  return std::move(accepted.token);
}

}  // namespace postern::engine
