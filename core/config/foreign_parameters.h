// Names that Postfix knows and Postern does not honour, and what to do about each.
// Constant; thread-safe.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace postern::config {

enum class Foreign {
  kSilent,   // paths, documentation, tuning without a counterpart: nothing is lost
  kWarning,  // something is not done; the advice says what, and what to use instead
  kUnsafe,   // ignoring it would let in what it keeps out, or send in clear what must not be
};

struct ForeignParameter {
  std::string_view name;
  Foreign what;
  std::string_view harmless;
  std::string_view advice;

  // Whether `value` (expanded) asks for nothing that is missing.
  bool is_harmless(std::string_view value) const;
};

// nullopt: Postfix does not know it either, or Postern honours it.
std::optional<ForeignParameter> find_foreign(std::string_view name);
std::vector<std::string_view> foreign_names();

}  // namespace postern::config
