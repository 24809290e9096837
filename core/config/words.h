// Splitting configuration text into words as Postfix's files do: at white space, or at white space
// and commas, with { ... } groups kept whole.
// Pure; views point into the caller's text.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace postern::config {

inline constexpr std::string_view kBlanks = " \t\r\n\f\v";
inline constexpr std::string_view kBlanksAndComma = " \t\r\n\f\v,";

bool is_blank(char c);
std::string_view trim(std::string_view text);

// Position one past the brace that closes the one at text[open], or nullopt where none does.
// `pair` is "{}" or "()"; only that pair is counted.
std::optional<std::size_t> closing_brace(std::string_view text, std::size_t open,
                                         std::string_view pair = "{}");

// The words of `text`.  A { ... } group is (part of) one word, its separators included; the braces
// stay.  Error kInvalid: a { without its }.
Result<std::vector<std::string_view>> split_words(std::string_view text,
                                                  std::string_view separators = kBlanksAndComma);

// "{ text }" without braces and the blanks beside them; nullopt when `word` isn't one whole group.
std::optional<std::string_view> braced_content(std::string_view word);

// "name = value" with blanks around name, = and value taken away.
// Error kInvalid: no name, a blank inside the name, or no '='.
struct NameValue {
  std::string_view name;
  std::string_view value;
};
Result<NameValue> split_name_value(std::string_view text);

}  // namespace postern::config
