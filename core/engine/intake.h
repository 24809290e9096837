// Intake: the one way into the queue, for mail from SMTP, from sendmail(1), for our own reports and
// for what aliases forward: recipients are expanded, the message is committed, and only what is
// durable is given to the queue.
// Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "core/engine/current.h"
#include "core/engine/mail_policy.h"
#include "core/net/blocking_pool.h"
#include "core/queue/queue.h"
#include "core/spool/store.h"

namespace postern::engine {

class Intake {
 public:
  // A message that is durable and that the queue does not have yet.
  struct Accepted {
    spool::CommitToken token;
    std::shared_ptr<const mail::Envelope> envelope;
    mail::ContentPtr content;
    spool::MessageState state;
    std::optional<queue::Report> expanded;  // due now: aliases made several recipients of one
  };
  using Done = std::move_only_function<void(Result<Accepted>)>;

  Intake(spool::Store& store, const Current<MailPolicy>& policy, net::BlockingPool& pool,
         const Clock& clock = Clock::system())
      : store_(store), policy_(policy), pool_(pool), clock_(clock) {}

  // Before the first admit(); both outlive the last.
  void attach(queue::Queue& queue, queue::Notifier& notifier) {
    queue_ = &queue;
    notifier_ = &notifier;
  }

  // `done`: once, on any thread.  Errors as Store::commit's, and: kUnavailable, a table does not
  // answer or the pool is full; kInvalid, kLimit, of an alias (expand_recipients.h), kLimit also of
  // a message that the spool cannot hold.
  void commit(QueueId id, mail::Envelope envelope, mail::ContentPtr content, Done done);
  // Gives it to the queue.
  spool::CommitToken admit(Accepted accepted);

  spool::Store& store() { return store_; }
  const Clock& clock() const { return clock_; }

 private:
  struct Pending;
  void expand(std::unique_ptr<Pending> pending);
  void write(std::unique_ptr<Pending> pending);

  spool::Store& store_;
  const Current<MailPolicy>& policy_;
  net::BlockingPool& pool_;
  const Clock& clock_;
  queue::Queue* queue_ = nullptr;
  queue::Notifier* notifier_ = nullptr;
};

}  // namespace postern::engine
