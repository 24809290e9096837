// The small text rules that tables share: key folding, UTF-8 validity, list and brace splitting,
// and the split of a local part into base and extension.
// Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace postern::maps {

// Space, tab, CR, LF, VT, FF; never locale-dependent.
constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view trim(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);  // ASCII only
bool is_valid_utf8(std::string_view text);

// How the keys of fixed-string tables compare: ASCII letters in lower case, and so are the other
// letters of valid UTF-8 (simple case mapping; one code point stays one).
std::string fold_key(std::string_view key);

// Splits at commas and white space; "{ ... }" groups, balanced braces and white space included,
// are one item, braces kept.  kInvalid: unbalanced braces, or text right behind a closing brace.
Result<std::vector<std::string>> split_list(std::string_view text);
// "{ text }" -> "text", trimmed.  kInvalid: no closing brace, or text behind it.
Result<std::string> strip_braces(std::string_view text);

// "user+extension" by the first of `delimiters` (recipient_delimiter: a set of characters).
struct LocalPartSplit {
  std::string_view base;       // views into the argument
  std::string_view extension;  // with its delimiter; empty: there was none
};
// Not split: a leading delimiter, postmaster, mailer-daemon, double-bounce; and where '-' is a
// delimiter, owner-list and list-request.
LocalPartSplit split_local_part(std::string_view local_part, std::string_view delimiters);

}  // namespace postern::maps
