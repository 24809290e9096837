// Orders: the small, complete descriptions of what needs another user's rights.  The engine makes
// them, the privileged process checks and performs them (agent.h), or the engine itself does so
// where it needs no other user (direct_runner.h).  Plain values; order_codec.h is their wire form.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/base/units.h"
#include "core/delivery/local/message_stream.h"
#include "core/delivery/local/outcome.h"

namespace postern::delivery {

struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;

  bool operator==(const Identity&) const = default;
};

// Values go over the socketpair between two processes of one binary; append only all the same.
enum class MailboxForm : std::uint8_t { kMaildir = 0, kMbox = 1 };

struct MailboxOrder {
  Identity owner;
  std::string base;  // absolute; virtual_mailbox_base, a home directory, mail_spool_directory
  std::string path;  // below base; no "..", no symlink is followed in it
  MailboxForm form = MailboxForm::kMaildir;
  std::string prologue;          // header fields to prepend, LF line ends
  std::string reverse_path;      // for the From_ line of an mbox
  std::uint64_t arrival = 0;     // seconds since 1970, for the From_ line
  std::uint64_t size_limit = 0;  // octets; of the message (Maildir) or the mailbox (mbox); 0 none
  std::string quota;             // Maildir++ quota for Maildirs without their own; "" none
  std::string host;              // myhostname, part of the file's name
  // mbox only.
  bool use_dotlock = true;                 // mailbox_delivery_lock
  bool use_fcntl_lock = true;              // mailbox_delivery_lock
  std::uint32_t lock_attempts = 20;        // deliver_lock_attempts
  std::uint32_t lock_delay_ms = 1000;      // deliver_lock_delay
  std::uint32_t stale_lock_seconds = 500;  // stale_lock_time
};

struct CommandOrder {
  Identity owner;
  std::vector<std::string> argv;            // one element is one argument, whatever it holds
  std::vector<std::string> environment;     // "NAME=value", the whole environment
  std::string directory;                    // pipe(8) directory=, or ""
  StreamForm form;                          // what the command reads on standard input
  std::uint32_t time_limit_seconds = 1000;  // command_time_limit
  std::uint64_t size_limit = 0;             // pipe(8) size=; octets, 0 none
};

// A user's .forward or an :include: list, read with that user's rights.
struct ReadOrder {
  Identity owner;
  std::string path;                    // absolute
  std::uint64_t size_limit = 1 << 20;  // octets; more is kFailed
  bool reject_shared_writable = true;  // refuse a file that everybody may write to
};

using Order = std::variant<MailboxOrder, CommandOrder, ReadOrder>;

struct OrderResult {
  LocalOutcome outcome;
  std::string text;         // what a ReadOrder read
  bool is_missing = false;  // a ReadOrder found no such file
};

// Performs orders; implementations: DirectRunner, AgentClient.  Thread-safe.  Blocks until the
// order is done or its deadline has passed; never throws for what happens there.
class OrderRunner {
 public:
  virtual ~OrderRunner() = default;
  // `content`: the message; not read for a ReadOrder.
  virtual OrderResult run(const Order& order, const mail::Content& content) = 0;
};

}  // namespace postern::delivery
