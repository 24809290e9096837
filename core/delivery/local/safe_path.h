// Opening directories below a base that other users can write to, without being led elsewhere.
// Each component is opened by openat(2) with O_NOFOLLOW|O_DIRECTORY and checked on the descriptor,
// and everything after works on descriptors: a directory that is swapped for a symlink while we
// walk is refused or does not matter.  (CVE-2008-2936 and its kin.)
// Blocking; no state.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace postern::delivery {

// Path below a base, cut at '/', checked: no "..", no NUL, no component over 255 octets, at most 32
// components; empty components and "." vanish.  kInvalid otherwise.
Result<std::vector<std::string>> split_relative_path(std::string_view path);

struct WalkRules {
  uid_t owner = 0;      // who the delivery is for
  bool create = false;  // make missing directories, mode 0700
};

// Opens base/components...; `base` itself is the operator's word and may hold symlinks.
// Refused (kPermission): a component that is no directory or a symlink; a directory of the walk,
// the base included, that everybody may write to without the sticky bit; a component that belongs
// to somebody other than rules.owner, root or the owner of the base.
Result<UniqueFd> open_directory(const std::string& base, const std::vector<std::string>& components,
                                const WalkRules& rules);

// One step of the walk: `name` below `parent`.  `shown` is for the error text.
Result<UniqueFd> open_child_directory(int parent, const std::string& name, const WalkRules& rules,
                                      uid_t base_owner, const std::string& shown);

// fsync of a directory, so that a new name in it survives a crash.
Result<void> sync_directory(int fd, const std::string& shown);

}  // namespace postern::delivery
