// Writes one LMDB file, whole and atomically, in the form Postfix's dict_lmdb reads: keys and
// values with a trailing NUL.  For tools; blocks.
#pragma once

#include <string>
#include <unordered_map>

#include "core/base/result.h"

namespace postern::maps {

// `path`: the final name.  `like`: a file whose owner and access rights the new one gets, if it
// exists.  Errors: kInvalid (a key longer than LMDB's 511 octets), kNoSpace, kIo, kPermission.
Result<void> write_lmdb_file(const std::string& path, const std::string& like,
                             const std::unordered_map<std::string, std::string>& entries);

}  // namespace postern::maps
