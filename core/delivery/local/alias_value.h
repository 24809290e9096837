// The right-hand side of an alias, an :include: file or a .forward: what it sends mail to.
// Pure parser.  aliases(5): "a, b@example.com, |\"command with args\", /file/name, :include:/path,
// \user"; '#' begins a comment at the start of a line of a file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace postern::delivery {

struct AliasTarget {
  enum class Kind { kAddress, kCommand, kFile, kInclude };

  Kind kind = Kind::kAddress;
  std::string text;              // address as written, command line, path
  bool stops_expansion = false;  // \user: this name is not looked up as an alias again

  auto operator<=>(const AliasTarget&) const = default;
};

// `limit`: most targets; kLimit beyond it.  kInvalid: unclosed quote, control character, empty
// target.  `is_file`: lines of a file, with comments.
Result<std::vector<AliasTarget>> parse_targets(std::string_view text, std::size_t limit,
                                               bool is_file);

}  // namespace postern::delivery
