#include "core/maps/rule_program.h"

namespace postern::maps {

RuleLine parse_rule_line(std::string_view line) {
  RuleLine out;
  line = trim(line);
  const auto begins_with_word = [&](std::string_view word, std::string_view followers) {
    return line.size() >= word.size() && equals_ignoring_case(line.substr(0, word.size()), word) &&
           (line.size() == word.size() || is_space(line[word.size()]) ||
            followers.find(line[word.size()]) != std::string_view::npos);
  };
  if (begins_with_word("endif", "")) {
    out.kind = RuleLine::Kind::kEndif;
    return out;
  }
  if (begins_with_word("if", "!/")) {
    out.kind = RuleLine::Kind::kIf;
    line = trim(line.substr(2));
  }
  while (line.starts_with('!')) {
    out.negated = !out.negated;
    line = trim(line.substr(1));
  }
  out.rest = line;
  return out;
}

}  // namespace postern::maps
