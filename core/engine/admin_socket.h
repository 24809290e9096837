// The admin service's unix socket: bound, accepted, and each peer named by the kernel.
// Thread-safe: no state but descriptors.  Linux: unix(7) SO_PEERCRED, SO_PEERGROUPS.
#pragma once

#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/engine/admin_service.h"

namespace postern::engine {

// Listens on `path`, mode 0666: who may speak is decided by credentials, not by file rights, so
// that a refusal is a decision that is logged.  A socket that nobody answers on is replaced.
// kExists: somebody answers.  kInvalid: too long, or something else than a socket has the name.
Result<UniqueFd> listen_unix(const std::string& path, std::optional<gid_t> group);

// kIo: the kernel does not say; such a peer is refused.
Result<PeerCredentials> peer_credentials(int socket);

}  // namespace postern::engine
