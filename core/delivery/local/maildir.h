// MaildirWriter: one message into one Maildir, crash-safe and led astray by nothing in the file
// system.  Write tmp/ (O_EXCL, O_NOFOLLOW), fsync, link into new/, fsync new/: after that the
// message is there even if the machine stops.
// Runs with the rights of the mailbox's owner.  Blocking; no state but the order.
// Not here: who that owner is (perform.h), what the prologue says (local_agent.h).
#pragma once

#include "core/base/unique_fd.h"
#include "core/delivery/local/order.h"

namespace postern::delivery {

class MaildirWriter {
 public:
  explicit MaildirWriter(const MailboxOrder& order) : order_(order) {}

  // 2.0.0 delivered; 5.2.3 the message is above size_limit; 5.2.2 the quota is used up; 4.3.1 no
  // space; 4.2.0 the mailbox is not to be trusted (symlink, FIFO, foreign owner, writable by all).
  LocalOutcome write(const mail::Content& content);

 private:
  Result<void> open_parts();
  Result<void> create_temporary();
  Result<std::uint64_t> fill(const mail::Content& content);
  Result<void> publish(std::uint64_t octets);
  LocalOutcome explain(const Error& error) const;

  const MailboxOrder& order_;
  UniqueFd maildir_;
  UniqueFd tmp_;
  UniqueFd new_;
  UniqueFd cur_;
  UniqueFd file_;
  std::string temporary_;  // name below tmp_
};

}  // namespace postern::delivery
