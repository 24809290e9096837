#include "core/delivery/local/safe_path.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace postern::delivery {
namespace {

constexpr std::size_t kMaxComponents = 32;
constexpr std::size_t kMaxComponent = 255;

Result<void> check_mode(const struct stat& status, const std::string& shown) {
  if ((status.st_mode & S_IWOTH) != 0 && (status.st_mode & S_ISVTX) == 0)
    return fail(ErrorKind::kPermission,
                "directory {} may be written by everybody; remove that right (chmod o-w)", shown);
  return {};
}

}  // namespace

Result<std::vector<std::string>> split_relative_path(std::string_view path) {
  std::vector<std::string> out;
  if (path.find('\0') != std::string_view::npos)
    return fail(ErrorKind::kInvalid, "mailbox path holds a NUL octet");
  while (!path.empty()) {
    const auto slash = path.find('/');
    const auto name = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    if (name.empty() || name == ".") continue;
    if (name == "..") return fail(ErrorKind::kInvalid, "mailbox path holds a .. component");
    if (name.size() > kMaxComponent)
      return fail(ErrorKind::kInvalid, "mailbox path has a name of {} octets, at most {} can be",
                  name.size(), kMaxComponent);
    if (out.size() == kMaxComponents)
      return fail(ErrorKind::kInvalid, "mailbox path is deeper than {} directories",
                  kMaxComponents);
    out.emplace_back(name);
  }
  return out;
}

Result<UniqueFd> open_child_directory(int parent, const std::string& name, const WalkRules& rules,
                                      uid_t base_owner, const std::string& shown) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
  UniqueFd fd(::openat(parent, name.c_str(), kFlags));
  if (!fd && errno == ENOENT && rules.create) {
    if (::mkdirat(parent, name.c_str(), 0700) != 0 && errno != EEXIST)
      return fail_errno("cannot create directory " + shown);
    if (auto ok = sync_directory(parent, shown); !ok) return std::unexpected(ok.error());
    fd.reset(::openat(parent, name.c_str(), kFlags));
  }
  if (!fd && (errno == ELOOP || errno == ENOTDIR))
    return fail(ErrorKind::kPermission, "{} is a symlink or no directory: not followed", shown);
  if (!fd) return fail_errno("cannot open directory " + shown);
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return fail_errno("cannot examine " + shown);
  if (status.st_uid != rules.owner && status.st_uid != 0 && status.st_uid != base_owner)
    return fail(ErrorKind::kPermission, "directory {} belongs to uid {}, not to uid {}", shown,
                status.st_uid, rules.owner);
  if (auto ok = check_mode(status, shown); !ok) return std::unexpected(ok.error());
  return fd;
}

Result<UniqueFd> open_directory(const std::string& base, const std::vector<std::string>& components,
                                const WalkRules& rules) {
  if (base.empty() || base.front() != '/')
    return fail(ErrorKind::kInvalid, "mailbox base \"{}\" is not an absolute path", base);
  UniqueFd fd(::open(base.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_errno("cannot open directory " + base);
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return fail_errno("cannot examine " + base);
  if (auto ok = check_mode(status, base); !ok) return std::unexpected(ok.error());
  std::string shown = base;
  for (const auto& name : components) {
    shown.append(1, '/').append(name);
    auto next = open_child_directory(fd.get(), name, rules, status.st_uid, shown);
    if (!next) return next;
    fd = std::move(*next);
  }
  return fd;
}

Result<void> sync_directory(int fd, const std::string& shown) {
  if (::fsync(fd) != 0) return fail_errno("cannot fsync directory " + shown);
  return {};
}

}  // namespace postern::delivery
