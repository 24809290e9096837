// AdminService: answers operators over a unix socket (proto/postern/admin/v1).  Accepts by itself,
// asks the kernel who is there, and hands gRPC only connections of peers that may speak.  Two gRPC
// servers share the backend: one for those who may change things, one that refuses every change;
// which of them a connection reaches is decided once, by its credentials.
// gRPC itself is in admin_bridge.cc and nowhere else.  Thread-safe; its threads are its own, no
// event loop is touched.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"
#include "core/queue/queue.h"

namespace postern::engine {

// What the engine knows of itself, beside what the queue counts.
struct EngineStatus {
  std::string version;
  WallTime started{};
  std::string config_directory;
  std::string queue_directory;
  std::string durability;  // "durable", "process", "memory"
  bool is_accepting = true;
  std::uint64_t sessions = 0;
  std::uint64_t corrupt_records = 0;
};

struct ReloadOutcome {
  bool is_applied = false;
  std::vector<std::string> diagnostics;  // one line each
};

// The engine as the service sees it.  Every function may be called on any thread; outlives the
// service.
class AdminBackend {
 public:
  virtual ~AdminBackend() = default;
  virtual queue::Queue& queue() = 0;
  virtual spool::Store& store() = 0;
  virtual EngineStatus status() = 0;
  // Blocks until the new configuration is in force or refused.
  virtual ReloadOutcome reload() = 0;
};

struct AdminOptions {
  std::string socket_path;
  std::vector<uid_t> changers;        // beside root and the engine's user: admin_users
  std::optional<gid_t> reader_group;  // its members may read
  std::optional<gid_t> socket_group;  // group of the socket file; nullopt: the process's
  std::size_t max_connections = 64;
  std::size_t max_calls = 16;                      // at a time, in each of the two servers
  std::chrono::milliseconds call_timeout{60'000};  // how long the queue may take to answer
  std::chrono::milliseconds write_timeout{
      10'000};  // a client that does not read for so long is cut
};

// What the kernel said of a peer, and what follows from it.
struct PeerCredentials {
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;
};
enum class AdminAccess { kNone, kRead, kChange };
AdminAccess access_of(const PeerCredentials& peer, const AdminOptions& options, uid_t engine_user);

class AdminService {
 public:
  // Binds the socket (an old one nobody listens on is replaced) and starts.  kExists: another
  // engine answers there; kInvalid: the path is too long for a unix socket; kPermission, kIo.
  static Result<std::unique_ptr<AdminService>> start(AdminBackend& backend, AdminOptions options);
  ~AdminService();
  // Takes no more connections, gives calls `grace` to end, cuts them, joins.  Idempotent.  The
  // queue must still answer: stop this first.
  void stop(std::chrono::milliseconds grace = std::chrono::milliseconds(2000));

 private:
  class Implementation;
  explicit AdminService(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace postern::engine
