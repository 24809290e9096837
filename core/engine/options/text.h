// Small bridges between configuration values and what components take.  Pure.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "core/config/settings.h"

namespace postern::engine {

// A parameter's value as text with all $names expanded: what tables, lists and restrictions are
// opened from.
inline std::string text_of(const config::Settings& settings, const config::Parameter& parameter) {
  return settings.expanded(parameter.name()).value_or("");
}

inline bool has_word(const config::StringList& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

}  // namespace postern::engine
