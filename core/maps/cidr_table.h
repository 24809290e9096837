// cidr: tables: networks in order, the first that holds the address wins.  Immutable, thread-safe.
// cidr_table(5).
#pragma once

#include <string_view>

#include "core/maps/table.h"

namespace postern::maps {

// Keys that are no IP addresses find nothing.  Rules that do not parse are skipped with a warning.
Result<TablePtr> load_cidr_table(std::string_view text, std::string_view name,
                                 const TableOptions& options, Warnings& warnings);

}  // namespace postern::maps
