#include "core/delivery/local/system_user.h"

#include <pwd.h>

#include <vector>

namespace postern::delivery {
namespace {

constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxEntry = 1 << 20;  // octets of one passwd line

}  // namespace

Result<std::optional<SystemUser>> find_system_user(const std::string& name) {
  // A colon would end the field, and a NUL the C string, somewhere else than we think.
  if (name.empty() || name.size() > kMaxName || name.find(':') != std::string::npos ||
      name.find('\0') != std::string::npos || name.find('/') != std::string::npos)
    return std::nullopt;
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(4096);
  int status = ERANGE;
  while (status == ERANGE && buffer.size() <= kMaxEntry) {
    status = ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (status == ERANGE) buffer.resize(buffer.size() * 4);
  }
  if (found != nullptr)
    return SystemUser{entry.pw_name, entry.pw_dir, entry.pw_shell, {entry.pw_uid, entry.pw_gid}};
  if (status == 0 || status == ENOENT || status == ESRCH) return std::nullopt;
  auto error = fail_errno("passwd look-up of \"" + name + "\"", status);
  error.error().kind = ErrorKind::kUnavailable;
  return error;
}

}  // namespace postern::delivery
