// Messages that the engine makes itself: the Received field that says so, the octets into the
// spool, and the log line with their Message-ID.  Blocks on the disk.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/mail/content.h"
#include "core/mime/trace_fields.h"
#include "core/spool/store.h"

namespace postern::engine {

// "Received: by host (Postern) id ..." CRLF: for what no client brought.
std::string received_by_engine(QueueId id, WallTime now, const mime::TraceOptions& trace);
// `prologue` and then `octets` as the content of message `id`.  kNoSpace, kIo.
Result<mail::ContentPtr> store_octets(spool::Store& store, QueueId id, std::string_view prologue,
                                      std::string_view octets);
// `prologue` and then all of `content`.  Errors of reading it, too.
Result<mail::ContentPtr> store_copy(spool::Store& store, QueueId id, std::string_view prologue,
                                    const mail::Content& content);
// As Postfix's cleanup does: "ID: message-id=<...>".  `head`: the message's first octets.
void log_message_id(QueueId id, std::string_view head);

}  // namespace postern::engine
