// MessageReader: one stored message from its places in the log.  Blocks on the disk; thread-safe.
#pragma once

#include "core/spool/payload.h"
#include "core/spool/segment_summary.h"
#include "core/spool/spool_files.h"

namespace postern::spool {

// `octets` own what `payload.body` views.
struct RawMessage {
  std::string octets;
  MessagePayload payload;
};

class MessageReader {
 public:
  explicit MessageReader(const SpoolFiles& files) : files_(files) {}

  // The validated payload of the record at `place`; kCorrupt where it is not whole.
  Result<std::string> record_at(const Place& place) const;
  // With the state as of the change record at `change` (segment 0: none).
  Result<RawMessage> raw(const Place& home, const Place& change) const;
  Result<StoredMessage> message(const Place& home, const Place& change) const;

 private:
  const SpoolFiles files_;
};

}  // namespace postern::spool
