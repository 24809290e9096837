// Export: one message out of the spool as files that need no spool: "<queue id>.eml", its content
// as RFC 5322 has it, octet for octet, and "<queue id>.json", its envelope and state.
// Blocks on the disk; thread-safe.
#pragma once

#include <string>

#include "core/spool/spool_view.h"

namespace postern::spool {

struct ExportedMessage {
  StoredMessage message;
  bool is_live = false;  // false: it is only in corrupt/
  std::string damage;    // what is wrong with it; "" where it validates
};

// Whatever there is of `id`: live, with checksums or without, or set aside in corrupt/.
// kNotFound: no octet says that it was ever there.
Result<ExportedMessage> rescue(const SpoolView& view, FileSystem& fs, const std::string& directory,
                               QueueId id);

// {"queue_id": "...", "reverse_path": "a@b" ("" is the null reverse-path), "recipients": [{
// "forward_path", "original_recipient", "orcpt", "notify", "state", "status", "diagnostic",
// "remote_mta"}], "arrival", "next_attempt" (RFC 3339, UTC), "attempts", "held", "size", "body",
// "smtputf8", "ret", "envid", "origin", "listener", "client": {...}, "live", "damage"}.
// Octets that are no UTF-8 become U+FFFD: JSON holds none.
std::string envelope_json(const ExportedMessage& message);

// Writes both files into `directory`, which exists; kExists: one is there already.
Result<void> export_message(FileSystem& fs, const ExportedMessage& message,
                            const std::string& directory);

}  // namespace postern::spool
