// Cursor: takes numbers and strings off the front of a packet's data; internal to this folder.
// nullopt: the data ends before them.  A string without its NUL is no string.
// Pure; views into the packet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace postern::milter {

class Cursor {
 public:
  explicit Cursor(std::string_view data) : rest_(data) {}

  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  std::optional<std::uint32_t> take_word() {
    if (rest_.size() < 4) return std::nullopt;
    std::uint32_t word = 0;
    for (const char c : rest_.substr(0, 4))
      word = word << 8 | static_cast<unsigned char>(c);
    rest_.remove_prefix(4);
    return word;
  }

  std::optional<std::string_view> take_text() {
    const std::size_t end = rest_.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return text;
  }

 private:
  std::string_view rest_;
};

}  // namespace postern::milter
