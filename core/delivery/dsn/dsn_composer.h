// DsnComposer: from what became of some recipients to the messages that tell of it: the DSN for
// the sender and, by notify_classes, copies for postmaster.  Loops cannot start here: every DSN has
// the null reverse-path, nothing is sent about a message that has it except the double bounce, and
// nothing at all about a double bounce.
// Not here: when a delay is due, and writing the result into the queue (engine).
// Thread-safe (const, options copied).  Blocks where reading the content does.  RFC 3461, 3464,
// 6533.
#pragma once

#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/delivery/dsn/dsn.h"
#include "core/delivery/dsn/returned_message.h"

namespace postern::delivery {

class DsnComposer {
 public:
  explicit DsnComposer(DsnOptions options) : options_(std::move(options)) {}

  // All notifications that are due for `request`, often none.  Recipients may mix actions; each
  // kind of report has its own message.  NOTIFY of each recipient is honoured here. Errors: the
  // original can't be read (kIo, kCorrupt): the caller tries again later.
  Result<std::vector<Notification>> compose(const DsnRequest& request) const;

  // A notice to error_notice_recipient (classes resource, software, protocol, policy, data):
  // `subject` and `text` are ours or a session transcript; both are sanitised.  nullopt where
  // notify_classes does not hold `enabled`.
  std::optional<Notification> notice(bool enabled, std::string_view subject, std::string_view text,
                                     QueueId id, WallTime now) const;

  const DsnOptions& options() const { return options_; }

 private:
  struct Letter;
  Result<void> compose_kind(const DsnRequest& request, DsnKind kind,
                            std::vector<Notification>& out) const;
  Result<Notification> write(const Letter& letter) const;
  bool is_own_double_bounce(const mail::ReversePath& path) const;
  mail::Mailbox local_mailbox(std::string_view address) const;

  DsnOptions options_;
};

}  // namespace postern::delivery
