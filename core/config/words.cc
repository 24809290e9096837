#include "core/config/words.h"

#include "core/config/diagnostics.h"

namespace postern::config {

bool is_blank(char c) { return kBlanks.find(c) != std::string_view::npos; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  return text;
}

std::optional<std::size_t> closing_brace(std::string_view text, std::size_t open,
                                         std::string_view pair) {
  std::size_t level = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    if (text[i] == pair[0]) ++level;
    if (text[i] == pair[1] && --level == 0) return i + 1;
  }
  return std::nullopt;
}

Result<std::vector<std::string_view>> split_words(std::string_view text,
                                                  std::string_view separators) {
  std::vector<std::string_view> words;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(separators, at)) != std::string_view::npos) {
    std::size_t end = at;
    while (end < text.size() && separators.find(text[end]) == std::string_view::npos) {
      if (text[end] != '{') {
        ++end;
        continue;
      }
      const auto closed = closing_brace(text, end);
      if (!closed)
        return fail(ErrorKind::kInvalid, "no \"}}\" closes the \"{{\" in {}",
                    quoted(text.substr(end)));
      end = *closed;
    }
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

std::optional<std::string_view> braced_content(std::string_view word) {
  if (word.empty() || word.front() != '{' || closing_brace(word, 0) != word.size())
    return std::nullopt;
  return trim(word.substr(1, word.size() - 2));
}

Result<NameValue> split_name_value(std::string_view text) {
  text = trim(text);
  const std::size_t equals = text.find('=');
  const std::string_view name = trim(text.substr(0, equals));
  if (equals == std::string_view::npos)
    return fail(ErrorKind::kInvalid, "{} has no \"=\": write name = value", quoted(text));
  if (name.empty())
    return fail(ErrorKind::kInvalid, "no name before the \"=\" in {}: write name = value",
                quoted(text));
  if (name.find_first_of(kBlanks) != std::string_view::npos)
    return fail(ErrorKind::kInvalid, "{} is not a parameter name: write name = value",
                quoted(name));
  return NameValue{name, trim(text.substr(equals + 1))};
}

}  // namespace postern::config
