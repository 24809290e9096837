// AdminBridge: the admin service's gRPC server, behind an interface without gRPC.  It listens
// nowhere; connections are given to it.
// Thread-safe.
#pragma once

#include <chrono>
#include <memory>

#include "core/base/unique_fd.h"
#include "core/engine/admin_service.h"

namespace postern::engine {

class AdminBridge {
 public:
  // `may_change`: false: calls that change anything get PERMISSION_DENIED.
  static Result<std::unique_ptr<AdminBridge>> make(AdminBackend& backend,
                                                   const AdminOptions& options, bool may_change);
  virtual ~AdminBridge() = default;

  // Speaks gRPC on a connected stream socket until either side has enough.
  virtual void serve(UniqueFd connection) = 0;
  // Ends calls whose client has not read for AdminOptions::write_timeout; called now and then.
  virtual void cut_slow_clients(SteadyTime now) = 0;
  // Calls under way get until `deadline`, then they are cut.  Blocks.
  virtual void stop(std::chrono::system_clock::time_point deadline) = 0;
};

}  // namespace postern::engine
