#include "core/spool/fields.h"

#include <cstring>

namespace postern::spool {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "spool files are little-endian");

void put_u32(std::string& out, std::uint32_t value) {
  char octets[sizeof value];
  std::memcpy(octets, &value, sizeof value);
  out.append(octets, sizeof value);
}

void put_u64(std::string& out, std::uint64_t value) {
  char octets[sizeof value];
  std::memcpy(octets, &value, sizeof value);
  out.append(octets, sizeof value);
}

void put_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

std::uint32_t get_u32(std::string_view in, std::size_t at) {
  std::uint32_t value;
  std::memcpy(&value, in.data() + at, sizeof value);
  return value;
}

std::uint64_t get_u64(std::string_view in, std::size_t at) {
  std::uint64_t value;
  std::memcpy(&value, in.data() + at, sizeof value);
  return value;
}

std::optional<std::uint64_t> FieldReader::take_varint(std::string_view& from) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !from.empty(); shift += 7) {
    const auto octet = static_cast<std::uint8_t>(from.front());
    from.remove_prefix(1);
    value |= static_cast<std::uint64_t>(octet & 0x7f) << shift;
    if ((octet & 0x80) == 0) return value;
  }
  ok_ = false;
  return std::nullopt;
}

bool FieldReader::next() {
  if (!ok_ || rest_.empty()) return false;
  tag_ = static_cast<std::uint8_t>(rest_.front());
  rest_.remove_prefix(1);
  const auto length = take_varint(rest_);
  if (!length || *length > rest_.size()) return ok_ = false;
  value_ = rest_.substr(0, *length);
  rest_.remove_prefix(*length);
  return true;
}

std::uint64_t FieldReader::number() {
  std::string_view digits = value_;
  const auto value = take_varint(digits);
  if (!digits.empty()) ok_ = false;
  return value.value_or(0);
}

std::int64_t FieldReader::signed_number() {
  const std::uint64_t value = number();
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

}  // namespace postern::spool
