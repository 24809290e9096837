// The result text of a pattern rule: $1, ${1} and $(1) stand for what the group matched, $$ for $.
// Parsed once, when the table is read.  Immutable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace postern::maps {

class Substitution {
 public:
  // kInvalid: a $ with anything but a number behind it.
  static Result<Substitution> parse(std::string_view text);

  std::size_t highest_group() const { return highest_group_; }  // 0: no group is used
  // `groups`: [0] the whole match; a group that took no part is empty.  kLimit over `max_bytes`.
  Result<std::string> expand(const std::vector<std::string_view>& groups,
                             std::size_t max_bytes) const;

 private:
  struct Piece {
    std::string text;  // literal, where group is 0
    std::size_t group = 0;
  };
  std::vector<Piece> pieces_;
  std::size_t highest_group_ = 0;
};

}  // namespace postern::maps
