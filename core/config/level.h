// Postfix's compatibility level: "2", "3.6", "3.10.1".  Only its order matters.
#pragma once

#include <compare>
#include <string_view>

#include "core/base/result.h"

namespace postern::config {

struct CompatibilityLevel {
  int major = 0;
  int minor = 0;
  int patch = 0;

  auto operator<=>(const CompatibilityLevel&) const = default;
};

// Error kInvalid: not one to three numbers of at most four digits with dots between.
Result<CompatibilityLevel> parse_level(std::string_view text);

}  // namespace postern::config
