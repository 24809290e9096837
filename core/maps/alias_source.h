// aliases(5): "name: target, target ..." lines, and the targets of one value.
// Names may be quoted; targets are addresses, "|command", "/file" and ":include:/file".  Nothing
// is opened or run here: delivery does that, under its own rules.
// Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/maps/table_source.h"

namespace postern::maps {

enum class AliasTargetKind { kAddress, kCommand, kFile, kInclude };

struct AliasTarget {
  AliasTargetKind kind = AliasTargetKind::kAddress;
  std::string text;  // the address as written, the command, the path; markers removed

  bool operator==(const AliasTarget&) const = default;
};

// One logical line into one entry, its value in canonical form (targets joined by ", ").
void parse_alias_line(const LogicalLine& line, std::string_view name,
                      std::vector<SourceEntry>& entries, Warnings& warnings);

// The targets of a value, in order.  Quoted as a whole, a target may hold commas and spaces
// ("|prog arg, arg"); (comments) and the <> around an address are dropped.  kInvalid: an open
// quote or comment.  kLimit: more than `max_targets`.
Result<std::vector<AliasTarget>> parse_alias_value(std::string_view value,
                                                   std::size_t max_targets = 100'000);

}  // namespace postern::maps
