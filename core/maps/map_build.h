// What postmap(1), postalias(1) and newaliases(1) do: build, change and list table files.
// A file is written anew beside the old one, synced, and renamed over it: readers see the old
// table or the new one, also after a crash.  For tools; blocks; not for the mail path.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/maps/table.h"

namespace postern::maps {

enum class DuplicatePolicy {
  kWarn,     // the first entry stays, with a warning
  kIgnore,   // the first entry stays (-w)
  kReplace,  // the last entry stays (-r)
};

struct MapBuildOptions {
  TableOptions tables;    // syntax: kAliases for postalias
  bool fold_keys = true;  // false: -f
  DuplicatePolicy duplicates = DuplicatePolicy::kWarn;
};

struct MapBuildReport {
  std::size_t entries = 0;
  std::string path;  // the file that was written; empty: the type is read from its source text
  Warnings warnings;
};

// `type_and_name`: "lmdb:/etc/postfix/virtual" writes /etc/postfix/virtual.lmdb, with the source's
// access rights.  hash:, btree: and the other types that are read from their source are checked
// only.  Errors: kInvalid (a type without a file), and those of reading and writing.
Result<MapBuildReport> build_map(std::string_view type_and_name, const MapBuildOptions& options);
// Adds the entries of `source` (the text of a source file) to what the file holds (postmap -i).
Result<MapBuildReport> insert_entries(std::string_view type_and_name, std::string_view source,
                                      const MapBuildOptions& options);
// Removes the keys (postmap -d).  The number of keys that were there.
Result<std::size_t> delete_keys(std::string_view type_and_name,
                                const std::vector<std::string>& keys,
                                const MapBuildOptions& options);

}  // namespace postern::maps
