// PacketReader: octets from a filter to packets.  Bounded before anything is allocated: a length
// that is beyond max_data_octets, or none at all, ends the connection.
// Pure; one connection each; not thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/milter/protocol.h"

namespace postern::milter {

struct Packet {
  char letter = 0;
  std::string_view data;
};

struct PacketReaderOptions {
  // libmilter bounds what it takes, not what it sends: an added header may be larger than 64 KiB.
  std::size_t max_data_octets = 1024 * 1024;
};

class PacketReader {
 public:
  explicit PacketReader(PacketReaderOptions options = {}) : options_(options) {}

  // Octets as they came in.  At most one packet more than was complete before is kept in memory.
  void feed(std::string_view octets);
  // The next packet; nullopt: its end has not come.  Valid until the next feed().  Errors: kInvalid
  // a length of 0, kLimit one above the bound; it stays at that.
  Result<std::optional<Packet>> next();
  // Nothing has come beyond the packets that next() gave.
  bool is_idle() const { return at_ == buffer_.size(); }

 private:
  PacketReaderOptions options_;
  std::string buffer_;
  std::size_t at_ = 0;
};

}  // namespace postern::milter
