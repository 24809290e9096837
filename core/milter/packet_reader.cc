#include "core/milter/packet_reader.h"

#include "core/milter/cursor.h"

namespace postern::milter {

void PacketReader::feed(std::string_view octets) {
  buffer_.erase(0, at_);
  at_ = 0;
  buffer_ += octets;
}

Result<std::optional<Packet>> PacketReader::next() {
  const std::string_view rest = std::string_view(buffer_).substr(at_);
  if (rest.size() < kLengthOctets) return std::nullopt;
  const std::size_t length = *Cursor(rest).take_word();
  if (length == 0) return fail(ErrorKind::kInvalid, "milter packet of length 0");
  if (length - 1 > options_.max_data_octets)
    return fail(ErrorKind::kLimit, "milter packet with {} octets of data; at most {} are taken",
                length - 1, options_.max_data_octets);
  if (rest.size() - kLengthOctets < length) return std::nullopt;
  at_ += kLengthOctets + length;
  return Packet{rest[kLengthOctets], rest.substr(kLengthOctets + 1, length - 1)};
}

}  // namespace postern::milter
