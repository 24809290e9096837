#include "core/engine/admin_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace postern::engine {
namespace {

constexpr int kBacklog = 64;
// A process may be in 65,536 groups (NGROUPS_MAX); more than this many is nobody's operator.
constexpr std::size_t kMaxGroups = 4096;

bool somebody_answers(const sockaddr_un& address) {
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return probe &&
         ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

Result<UniqueFd> listen_unix(const std::string& path, std::optional<gid_t> group) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return fail(ErrorKind::kInvalid, "admin socket {}: {} octets, where a unix socket may have {}",
                path, path.size(), sizeof address.sun_path - 1);
  std::memcpy(address.sun_path, path.data(), path.size());

  struct stat info = {};
  if (::lstat(path.c_str(), &info) == 0) {
    if (!S_ISSOCK(info.st_mode))
      return fail(ErrorKind::kInvalid, "admin socket {}: something else has that name", path);
    if (somebody_answers(address))
      return fail(ErrorKind::kExists, "admin socket {}: another engine answers there", path);
    if (::unlink(path.c_str()) != 0) return fail_errno("admin socket " + path + ": unlink");
  }
  UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener) return fail_errno("admin socket");
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail_errno("admin socket " + path + ": bind");
  if (::chmod(path.c_str(), 0666) != 0 ||
      (group && ::chown(path.c_str(), static_cast<uid_t>(-1), *group) != 0) ||
      ::listen(listener.get(), kBacklog) != 0) {
    const int cause = errno;
    ::unlink(path.c_str());
    return fail_errno("admin socket " + path, cause);
  }
  return listener;
}

Result<PeerCredentials> peer_credentials(int socket) {
  ucred kernel = {};
  socklen_t size = sizeof kernel;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &kernel, &size) != 0)
    return fail_errno("SO_PEERCRED");
  PeerCredentials peer{kernel.uid, kernel.gid, {}};
  // The groups as of connect(2).  Asking by user name instead would answer for the user, not for
  // the process, and block on the name service.
  peer.groups.resize(kMaxGroups);
  size = static_cast<socklen_t>(peer.groups.size() * sizeof(gid_t));
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, peer.groups.data(), &size) != 0) size = 0;
  peer.groups.resize(size / sizeof(gid_t));
  return peer;
}

}  // namespace postern::engine
