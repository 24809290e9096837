// Forwarder: makes a new message of one that is being delivered: the same content, other
// recipients, and, for a list with an owner- alias, another reverse-path.  Implemented in engine
// over the spool.
#pragma once

#include "core/base/queue_id.h"
#include "core/base/result.h"
#include "core/mail/content.h"
#include "core/mail/envelope.h"

namespace postern::delivery {

struct Forwarding {
  QueueId parent;
  mail::Envelope envelope;  // of the new message; origin kForwarded
  std::string prologue;     // header fields to put on top, LF line ends, below our own Received
  mail::ContentPtr content;
};

class Forwarder {
 public:
  virtual ~Forwarder() = default;
  // Blocks until the new message is durable; called on a thread of the blocking pool, with a
  // deadline of its own.  On error the recipient is deferred.
  virtual Result<QueueId> forward(Forwarding forwarding) = 0;
};

}  // namespace postern::delivery
