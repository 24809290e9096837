#include "core/maps/substitution.h"

#include <charconv>

namespace postern::maps {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

Result<Substitution> Substitution::parse(std::string_view text) {
  Substitution out;
  std::string literal;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '$') {
      literal.push_back(text[at]);
      continue;
    }
    if (at + 1 < text.size() && text[at + 1] == '$') {
      literal.push_back('$');
      ++at;
      continue;
    }
    std::size_t start = at + 1;
    const char open = start < text.size() ? text[start] : '\0';
    const char close = open == '{' ? '}' : open == '(' ? ')' : '\0';
    if (close != '\0') ++start;
    std::size_t end = start;
    while (end < text.size() && is_digit(text[end]))
      ++end;
    std::size_t group = 0;
    const auto parsed = std::from_chars(text.data() + start, text.data() + end, group);
    if (end == start || parsed.ec != std::errc() || group > 999)
      return fail(ErrorKind::kInvalid,
                  "\"{:.60}\": only a group number may follow $; write $$ for "
                  "a dollar sign",
                  text);
    if (close != '\0' && (end >= text.size() || text[end] != close))
      return fail(ErrorKind::kInvalid, "\"{:.60}\": \"{}\" is missing", text, close);
    if (!literal.empty()) out.pieces_.push_back({std::move(literal), 0});
    literal.clear();
    if (group == 0) return fail(ErrorKind::kInvalid, "\"{:.60}\": groups count from 1", text);
    out.pieces_.push_back({{}, group});
    out.highest_group_ = std::max(out.highest_group_, group);
    at = close != '\0' ? end : end - 1;
  }
  if (!literal.empty()) out.pieces_.push_back({std::move(literal), 0});
  return out;
}

Result<std::string> Substitution::expand(const std::vector<std::string_view>& groups,
                                         std::size_t max_bytes) const {
  std::string out;
  for (const Piece& piece : pieces_) {
    if (piece.group == 0)
      out += piece.text;
    else if (piece.group < groups.size())
      out += groups[piece.group];
    if (out.size() > max_bytes)
      return fail(ErrorKind::kLimit, "a table result of more than {} octets", max_bytes);
  }
  return out;
}

}  // namespace postern::maps
