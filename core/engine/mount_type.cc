#include "core/engine/mount_type.h"

#include <fstream>
#include <sstream>

namespace postern::engine {
namespace {

bool is_below(const std::string& path, const std::string& point) {
  if (point == "/") return true;
  return path.starts_with(point) && (path.size() == point.size() || path[point.size()] == '/');
}

}  // namespace

// proc(5), mountinfo: "id parent major:minor root point options fields... - type source options".
std::string mount_type(const std::string& path) {
  std::ifstream file("/proc/self/mountinfo");
  std::string line, best_type = "unknown";
  std::size_t best = 0;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string skipped, point, type;
    words >> skipped >> skipped >> skipped >> skipped >> point;
    const auto dash = line.find(" - ");
    if (dash == std::string::npos || !is_below(path, point)) continue;
    std::istringstream(line.substr(dash + 3)) >> type;
    // The last of two mounts on one point is the one that is seen.
    if (point.size() < best) continue;
    best = point.size();
    best_type = type;
  }
  return best_type;
}

}  // namespace postern::engine
