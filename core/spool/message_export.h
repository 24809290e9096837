// Export: one message out of the spool as files that need no spool: "<queue id>.eml", its content
// as RFC 5322 has it, octet for octet, and "<queue id>.json", its envelope and state.
// Blocks on the disk; thread-safe.
#pragma once

#include <string>

#include "core/spool/spool_view.h"

namespace postern::spool {

// {"queue_id": "...", "reverse_path": "a@b" ("" is the null reverse-path), "recipients": [{
// "forward_path", "original_recipient", "orcpt", "notify", "state", "status", "diagnostic",
// "remote_mta"}], "arrival", "next_attempt" (RFC 3339, UTC), "attempts", "held", "size", "body",
// "smtputf8", "ret", "envid", "origin", "listener", "client": {...}, "live", "damage"}.
// Octets that are no UTF-8 become U+FFFD: JSON holds none.
std::string envelope_json(const RescuedMessage& message);

// Writes both files into `directory`, which exists; kExists: one is there already.
Result<void> export_message(FileSystem& fs, const RescuedMessage& message,
                            const std::string& directory);

}  // namespace postern::spool
