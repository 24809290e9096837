#include "core/config/level.h"

#include "core/config/diagnostics.h"

namespace postern::config {

Result<CompatibilityLevel> parse_level(std::string_view text) {
  CompatibilityLevel level;
  int* const parts[] = {&level.major, &level.minor, &level.patch};
  std::string_view rest = text;
  for (int* part : parts) {
    const std::size_t dot = rest.find('.');
    const std::string_view digits = rest.substr(0, dot);
    if (digits.empty() || digits.size() > 4 ||
        digits.find_first_not_of("0123456789") != std::string_view::npos)
      break;
    for (char c : digits)
      *part = *part * 10 + (c - '0');
    if (dot == std::string_view::npos) return level;
    rest.remove_prefix(dot + 1);
  }
  return fail(ErrorKind::kInvalid, "{} is not a compatibility level: write one like 3.9",
              quoted(text));
}

}  // namespace postern::config
