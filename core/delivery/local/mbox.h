// MboxWriter: one message at the end of one mbox file.  Locks it (dot-lock file and fcntl, as
// mailbox_delivery_lock says, both with bounds), writes, fsyncs; on any failure the file is cut
// back to what it was.  A symlink, a second hard link, a FIFO or a file that was swapped while we
// waited for the lock is refused (CVE-2008-2936). Runs with the rights of the mailbox's owner.
// Blocking.
#pragma once

#include <sys/stat.h>

#include "core/base/unique_fd.h"
#include "core/delivery/local/order.h"

namespace postern::delivery {

class MboxWriter {
 public:
  explicit MboxWriter(const MailboxOrder& order) : order_(order) {}

  // 2.0.0 delivered; 5.2.2 size_limit would be exceeded; 4.2.0 locked by somebody else for too
  // long, or not a file to be trusted; 4.3.1 no space.
  LocalOutcome write(const mail::Content& content);

 private:
  Result<void> open_parent();
  Result<void> take_dotlock();
  Result<void> open_file();
  Result<void> check_file(const struct stat& status) const;
  Result<void> take_fcntl_lock();
  Result<void> append(const mail::Content& content);
  Result<void> append_at(const mail::Content& content, std::uint64_t size);
  LocalOutcome explain(const Error& error) const;
  std::string shown() const { return order_.base + "/" + order_.path; }

  const MailboxOrder& order_;
  UniqueFd parent_;
  UniqueFd file_;
  std::string name_;  // of the file, below parent_
  bool is_new_ = false;
  bool has_dotlock_ = false;
};

// "From sender Tue Nov 24 05:20:30 2026"; the null reverse-path is MAILER-DAEMON.
std::string from_line(std::string_view reverse_path, std::uint64_t arrival);

}  // namespace postern::delivery
