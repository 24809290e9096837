// Where a command gets the queue from: the engine, or, when that does not run, the spool itself.
// Only verbs that read can do without the engine.
// Blocks; not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/spool/spool_view.h"
#include "core/tools/admin_client.h"
#include "core/tools/site.h"

namespace postern::tools {

class QueueSource {
 public:
  // `warn`: told, once, that the engine is down and the spool is read.  An engine that is there and
  // refuses this user is an error, not a reason to look behind its back.
  static Result<QueueSource> open(const Site& site,
                                  const std::function<void(std::string_view)>& warn);

  bool has_engine() const { return client_ != nullptr; }
  Result<void> list(const Which& which, const std::function<bool(QueuedMessage)>& visit);
  Result<DomainSummary> summarize(const Which& which, WallTime now);
  Result<void> show(const std::string& queue_id, QueuedMessage& message, mail::Envelope& envelope,
                    const std::function<bool(std::string_view)>& content);

 private:
  std::unique_ptr<AdminClient> client_;    // null: the engine is down
  std::optional<spool::SpoolView> spool_;  // where client_ is null; nullopt: no spool yet, no mail
};

// Pieces of a stored message's mail data; false from `put` ends.
Result<void> copy_content(const mail::Content& content,
                          const std::function<bool(std::string_view)>& put);

}  // namespace postern::tools
