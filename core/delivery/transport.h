// Transport: one way for mail to leave: smtp, lmtp, virtual, local, pipe, error, retry, discard.
// One object for each transport line of master.cf; engine makes them and chooses by
// Attempt::route.transport.
#pragma once

#include "core/mail/attempt.h"
#include "core/net/loop.h"
#include "core/net/task.h"

namespace postern::delivery {

class Transport {
 public:
  virtual ~Transport() = default;
  // One attempt, on `loop` (the coroutine's own).  One result for each of attempt.recipients, in
  // any order.  Never throws for what happens there; every wait inside has a deadline.  Several
  // attempts run at the same time, on several loops.
  virtual net::Task<mail::AttemptResult> deliver(net::Loop& loop, mail::Attempt attempt) = 0;
};

}  // namespace postern::delivery
