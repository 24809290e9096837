// The type of the file system that a path is on, as mount(8) names it: "ext4", "xfs", "tmpfs".
// Blocks briefly.
#pragma once

#include <string>

namespace postern::engine {

// "unknown" where the kernel does not say.  `path`: absolute, without symbolic links.
std::string mount_type(const std::string& path);

}  // namespace postern::engine
