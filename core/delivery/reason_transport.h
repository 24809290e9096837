// The transports that deliver nothing: error fails every recipient, retry defers it, discard takes
// it and forgets.  The next hop is the reason, with an enhanced status code in front if wanted:
// "error:5.1.6 User has moved".  Postfix: error(8), discard(8).
#pragma once

#include "core/delivery/transport.h"

namespace postern::delivery {

class ErrorTransport final : public Transport {
 public:
  net::Task<mail::AttemptResult> deliver(net::Loop& loop, mail::Attempt attempt) override;
};

class RetryTransport final : public Transport {
 public:
  net::Task<mail::AttemptResult> deliver(net::Loop& loop, mail::Attempt attempt) override;
};

class DiscardTransport final : public Transport {
 public:
  net::Task<mail::AttemptResult> deliver(net::Loop& loop, mail::Attempt attempt) override;
};

// The result that `next_hop` asks for, for all recipients.  A status code of another class than
// `outcome` gets the outcome's class: "error:4.1.1 x" fails with 5.1.1.
mail::AttemptResult reason_result(const mail::Attempt& attempt, mail::Outcome outcome);

}  // namespace postern::delivery
