// The queue's view of notifications: reports to the sender and new messages that replace
// recipients.  Owned by the queue, implemented in engine over delivery's DSN writer and the store.
// Called on the queue's thread; the callbacks may come on any thread, once each.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/queue_id.h"
#include "core/base/result.h"
#include "core/mail/content.h"
#include "core/mail/envelope.h"
#include "core/spool/message_state.h"

namespace postern::queue {

struct ReportEntry {
  // RFC 3464 s2.3.3.
  enum class Action { kFailed, kDelayed, kDelivered, kRelayed, kExpanded };

  std::uint32_t recipient = 0;  // index into the envelope's recipients
  Action action = Action::kFailed;
  spool::RecipientProgress progress;  // diagnostic, status, remote MTA of the last attempt
  std::string smtp_reply;             // as the peer gave it in this run, or ""
  // The sender is owed a DSN for it: NOTIFY asks for it and the reverse-path is not null.  Entries
  // without it are for postmaster notices (notify_classes) only.
  bool is_dsn_due = false;
  bool is_expired = false;  // failed because the queue's lifetime ended, not by a 5yz
};

// One report about one message; the entries share one kind of DSN.
struct Report {
  enum class Kind { kFailure, kDelay, kSuccess };

  Kind kind = Kind::kFailure;
  QueueId id;
  std::shared_ptr<const mail::Envelope> envelope;
  mail::ContentPtr content;
  std::vector<ReportEntry> entries;
  WallTime arrival{};
  WallTime retry_until{};  // Will-Retry-Until of a delay report
};

// Recipients that aliases, lists or .forward files expanded to.
struct Injection {
  QueueId parent;
  // Reverse-path, client and the like of the parent; only the new recipients; origin kForwarded.
  mail::Envelope envelope;
  mail::ContentPtr content;
};

class Notifier {
 public:
  virtual ~Notifier() = default;
  // `done`: after every message the report asks for is durable.  On error the queue does not remove
  // what the report was about: failed recipients are tried again later.
  virtual void report(Report report, std::move_only_function<void(Result<void>)> done) = 0;
  // `done`: with the new message's id once it is durable.  On error the recipient is deferred.
  virtual void inject(Injection injection, std::move_only_function<void(Result<QueueId>)> done) = 0;
};

}  // namespace postern::queue
