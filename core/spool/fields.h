// Tag-length-value fields of record payloads: one octet tag, varint length, value.  Unknown tags
// are skipped, so that fields can be added.  Writer appends to a string; reader walks a view that
// must outlive it.  Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::spool {

void put_u32(std::string& out, std::uint32_t value);
void put_u64(std::string& out, std::uint64_t value);
void put_varint(std::string& out, std::uint64_t value);
std::uint32_t get_u32(std::string_view in, std::size_t at);
std::uint64_t get_u64(std::string_view in, std::size_t at);

template <typename Tag>
void put_field(std::string& out, Tag tag, std::string_view value) {
  out.push_back(static_cast<char>(tag));
  put_varint(out, value.size());
  out.append(value);
}
// Numbers are varints; zero is written too, so that absent and zero differ.
template <typename Tag>
void put_number(std::string& out, Tag tag, std::uint64_t value) {
  std::string digits;
  put_varint(digits, value);
  put_field(out, tag, digits);
}
// Signed, zigzag.
template <typename Tag>
void put_signed(std::string& out, Tag tag, std::int64_t value) {
  put_number(out, tag,
             (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
}

class FieldReader {
 public:
  explicit FieldReader(std::string_view fields) : rest_(fields) {}

  // False at the end, or where the fields are malformed: then ok() is false.
  bool next();
  template <typename Tag>
  Tag tag() const {
    return static_cast<Tag>(tag_);
  }
  std::string_view value() const { return value_; }
  // A malformed number clears ok() and gives 0.
  std::uint64_t number();
  std::int64_t signed_number();
  bool ok() const { return ok_; }

 private:
  std::optional<std::uint64_t> take_varint(std::string_view& from);

  std::string_view rest_;
  std::string_view value_;
  std::uint8_t tag_ = 0;
  bool ok_ = true;
};

}  // namespace postern::spool
