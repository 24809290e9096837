// AdminClient: the engine's admin service (proto/postern/admin/v1) from the operator's side.  gRPC
// is in admin_client.cc and nowhere else in tools/.
// Every call blocks; not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/tools/queue_view.h"

namespace postern::tools {

enum class QueueVerb { kHold, kRelease, kRequeue, kDelete, kExpire, kFlush };

struct VerbCount {
  std::uint64_t matched = 0;
  std::uint64_t changed = 0;
  std::uint64_t failed = 0;
};

struct EngineStatus {
  std::string version;
  WallTime started{};
  std::uint32_t process_id = 0;
  std::string config_directory, queue_directory, durability;
  bool is_accepting = false;
  bool is_loaded = false;
  std::uint64_t waiting = 0, active = 0, held = 0;
  std::uint64_t sessions = 0, lanes = 0, attempts = 0, content_octets = 0, corrupt_records = 0;
};

struct LaneView {
  std::string transport, site;
  std::uint32_t concurrency = 0, limit = 0, busy = 0, messages = 0;
  std::uint64_t queued_jobs = 0, parked = 0;
  bool is_dead = false;
  WallTime dead_until{};
  std::string last_failure;
};

struct ReloadResult {
  bool is_applied = false;
  std::vector<std::string> diagnostics;
};

class AdminClient {
 public:
  // kUnavailable: no engine answers at `socket_path`.  kPermission: file rights.
  static Result<std::unique_ptr<AdminClient>> connect(const std::string& socket_path);
  virtual ~AdminClient() = default;

  // `visit` false ends the listing.
  virtual Result<void> list(const Which& which,
                            const std::function<bool(QueuedMessage)>& visit) = 0;
  virtual Result<DomainSummary> summarize(const Which& which) = 0;
  // `envelope`: what the message does not say; its paths stay empty.
  // `content`: called with pieces of the mail data; empty: they are not asked for.
  virtual Result<void> show(const std::string& queue_id, QueuedMessage& message,
                            mail::Envelope& envelope,
                            const std::function<bool(std::string_view)>& content) = 0;
  // Any number of ids: asked for in several calls.
  virtual Result<VerbCount> apply(QueueVerb verb, const Which& which) = 0;
  virtual Result<EngineStatus> status() = 0;
  virtual Result<std::vector<LaneView>> lanes() = 0;
  virtual Result<ReloadResult> reload() = 0;
};

}  // namespace postern::tools
