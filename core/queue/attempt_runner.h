// The queue's view of delivery: choose a route, run one attempt.  Owned by the queue, implemented
// over delivery and routing, joined in engine.
#pragma once

#include <functional>

#include "core/base/result.h"
#include "core/mail/attempt.h"

namespace postern::queue {

using AttemptDone = std::move_only_function<void(mail::AttemptResult)>;

class AttemptRunner {
 public:
  virtual ~AttemptRunner() = default;
  // Called on the queue's thread, returns at once; `done` may be called on any thread, exactly
  // once, with one result for each recipient of the attempt.
  virtual void run(mail::Attempt attempt, AttemptDone done) = 0;
};

class Router {
 public:
  virtual ~Router() = default;
  // Chooses route and lane for one recipient.  `done` may be called before this returns, or later
  // from any thread.  kUnavailable (a table does not answer, DNS SERVFAIL) defers the recipient;
  // any other error fails it with the error's text.
  virtual void route(const mail::Envelope& envelope, const mail::Recipient& recipient,
                     std::move_only_function<void(Result<mail::Destination>)> done) = 0;
};

}  // namespace postern::queue
