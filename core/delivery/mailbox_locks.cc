#include "core/delivery/mailbox_locks.h"

namespace postern::delivery {

Result<MailboxLocks> MailboxLocks::parse(std::span<const std::string> words) {
  MailboxLocks out;
  out.use_fcntl = out.use_dotlock = false;
  for (const auto& word : words) {
    if (word == "fcntl" || word == "flock") {
      out.use_fcntl = true;
    } else if (word == "dotlock") {
      out.use_dotlock = true;
    } else {
      return fail(ErrorKind::kInvalid, "\"{}\" is none of fcntl, flock, dotlock", word);
    }
  }
  return out;
}

void MailboxLocks::apply_to(MailboxOrder& order) const {
  order.use_fcntl_lock = use_fcntl;
  order.use_dotlock = use_dotlock;
  order.lock_attempts = attempts;
  order.lock_delay_ms = delay_ms;
  order.stale_lock_seconds = stale_seconds;
}

}  // namespace postern::delivery
