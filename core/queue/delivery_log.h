// The queue's log lines, in the form of Postfix's queue manager and delivery agents, so that the
// tools that read maillogs read ours.  Formatting is apart from writing, for tests.
// Thread-safe: no state.
#pragma once

#include <string>
#include <string_view>

#include "core/base/queue_id.h"
#include "core/mail/envelope.h"
#include "core/spool/message_state.h"

namespace postern::queue {

// One recipient's result as a delivery agent logs it.
struct DeliveryLine {
  QueueId id;
  const mail::Recipient* recipient = nullptr;
  std::string_view relay;       // "mx.example[192.0.2.1]:25", "local", or "" for none
  unsigned connection_use = 0;  // shown from 2 on
  // Seconds: before the active queue, in it, connection set-up, transmission.
  double before_active = 0, in_active = 0, connecting = 0, transmitting = 0;
  std::string_view dsn;     // "2.0.0"
  std::string_view status;  // sent, deferred, bounced, expired ...
  std::string_view text;    // the reason, without parentheses
};

// "ID: to=<a@b>, orig_to=<c>, relay=r, delay=1.2, delays=a/b/c/d, dsn=2.0.0, status=sent (text)".
std::string format_delivery(const DeliveryLine& line);
// Two significant digits, at most two decimals, no trailing zeros: "0.05", "1.2", "345".
std::string format_seconds(double seconds);

// "ID: from=<a@b>, size=N, nrcpt=N (queue active)".
void log_active(QueueId id, const mail::ReversePath& reverse_path, std::uint64_t size,
                std::size_t recipients);
void log_removed(QueueId id);
// `is_forced`: by an operator, before its time.
void log_expired(QueueId id, const mail::ReversePath& reverse_path, bool is_forced);
// `service`: the delivery agent's name in the log: smtp, lmtp, local, virtual, pipe, error ...
void log_delivery(std::string_view service, const DeliveryLine& line);

}  // namespace postern::queue
