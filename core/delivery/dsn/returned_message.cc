#include "core/delivery/dsn/returned_message.h"

#include <algorithm>

#include "core/delivery/dsn/dsn_text.h"

namespace postern::delivery {
namespace {

constexpr std::size_t kMaxLine = 998;

Result<std::string> read_prefix(const mail::Content& content, std::uint64_t limit) {
  std::string out(std::min<std::uint64_t>(content.size(), limit), '\0');
  std::size_t at = 0;
  while (at < out.size()) {
    const auto got = content.read_at(at, std::span(out).subspan(at));
    if (!got) return std::unexpected(got.error());
    if (*got == 0) return fail(ErrorKind::kCorrupt, "message ends after {} octets", at);
    at += *got;
  }
  return out;
}

// Whether it may be quoted octet for octet under 7bit or 8bit (RFC 2045 s2.7, s2.8).
bool is_line_text(std::string_view text) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\0' || c == '\n') return false;
    if (c == '\r') {
      if (i + 1 == text.size() || text[i + 1] != '\n') return false;
      ++i;
      length = 0;
    } else if (++length > kMaxLine) {
      return false;
    }
  }
  return true;
}

bool has_eight_bit(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

// The header section of `text`, line by line, each made harmless; stops at the empty line.
std::string safe_header_section(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = text.find("\r\n");
    if (end == std::string_view::npos) break;  // cut by the limit: a partial line is no field
    auto line = text.substr(0, end);
    text.remove_prefix(end + 2);
    if (line.empty()) break;
    std::string clean(line.substr(0, kMaxLine));
    std::ranges::replace_if(clean, [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, '?');
    out.append(clean).append("\r\n");
  }
  return out;
}

}  // namespace

Result<ReturnedMessage> returned_message(const DsnRequest& request, std::uint64_t size_limit,
                                         bool headers_only) {
  auto text = read_prefix(*request.content, size_limit);
  if (!text) return std::unexpected(text.error());
  ReturnedMessage out;
  out.is_full = !headers_only && request.content->size() <= size_limit && is_line_text(*text);
  out.octets = out.is_full ? std::move(*text) : safe_header_section(*text);
  out.is_eight_bit = has_eight_bit(out.octets);
  if (!out.octets.empty() && !out.octets.ends_with("\r\n")) out.octets += "\r\n";
  return out;
}

}  // namespace postern::delivery
