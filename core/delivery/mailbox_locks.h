// MailboxLocks: how an mbox file is locked, as main.cf says it.
// Plain value.
#pragma once

#include <span>
#include <string>

#include "core/delivery/local/order.h"

namespace postern::delivery {

struct MailboxLocks {
  bool use_fcntl = true;              // mailbox_delivery_lock, virtual_mailbox_lock
  bool use_dotlock = true;            // the same
  std::uint32_t attempts = 20;        // deliver_lock_attempts
  std::uint32_t delay_ms = 1000;      // deliver_lock_delay, in milliseconds
  std::uint32_t stale_seconds = 500;  // stale_lock_time

  // The words of mailbox_delivery_lock; flock is taken as fcntl.  kInvalid: an unknown word.
  static Result<MailboxLocks> parse(std::span<const std::string> words);
  void apply_to(MailboxOrder& order) const;
};

}  // namespace postern::delivery
