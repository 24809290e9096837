// BlockingTransport: a transport whose attempts are file work or commands.  Each attempt runs as
// one function on the blocking pool; the loop that asked goes on meanwhile.
// Postfix: local(8), virtual(8), pipe(8).
#pragma once

#include "core/delivery/local/outcome.h"
#include "core/delivery/transport.h"
#include "core/net/blocking_pool.h"

namespace postern::delivery {

class BlockingTransport : public Transport {
 public:
  // Every recipient is deferred (4.3.2) when the pool has no place.
  net::Task<mail::AttemptResult> deliver(net::Loop& loop, mail::Attempt attempt) override;

 protected:
  // `pool` outlives the transport, and the transport its last deliver().
  explicit BlockingTransport(net::BlockingPool& pool) : pool_(pool) {}
  // One attempt, on a thread of the pool; several at the same time.  Bounded by the deadlines of
  // the orders it gives.
  virtual mail::AttemptResult perform(const mail::Attempt& attempt) = 0;

  net::BlockingPool& pool() { return pool_; }

 private:
  net::BlockingPool& pool_;
};

// `outcome` as the result of the recipient with this index.  The remedy, if there is one, goes to
// the log under `service`: it is for the operator, not for the sender.  `relay`: the log's relay=.
mail::RecipientResult recipient_result(const mail::Attempt& attempt, std::uint32_t recipient,
                                       LocalOutcome outcome, std::string_view service);

// The same outcome for all recipients of the attempt.
mail::AttemptResult same_for_all(const mail::Attempt& attempt, const LocalOutcome& outcome,
                                 std::string_view service);

// "Return-Path: <...>", "X-Original-To: ..." and "Delivered-To: ..." with LF line ends, what a
// final delivery agent puts on top (RFC 5321 s4.4).  An empty text leaves its field out.
std::string delivery_prologue(const mail::Envelope& envelope, std::string_view original_recipient,
                              std::string_view delivered_to);

}  // namespace postern::delivery
