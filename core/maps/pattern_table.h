// PatternTable: regexp: and pcre: tables.  Rules are tried in order with the whole key.
// Immutable, thread-safe.  regexp_table(5), pcre_table(5).
#pragma once

#include <string_view>

#include "core/maps/table.h"

namespace postern::maps {

enum class PatternDialect { kPosix, kPerl };

// `name`: for warnings.  Rules that do not parse are skipped with a warning.
Result<TablePtr> load_pattern_table(PatternDialect dialect, std::string_view text,
                                    std::string_view name, const TableOptions& options,
                                    Warnings& warnings);

}  // namespace postern::maps
