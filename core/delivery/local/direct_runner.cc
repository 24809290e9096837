#include "core/delivery/local/direct_runner.h"

#include <unistd.h>

#include "core/delivery/local/perform.h"

namespace postern::delivery {

OrderResult DirectRunner::run(const Order& order, const mail::Content& content) {
  OrderResult out;
  if (const auto uid = owner_of(order).uid; uid != ::geteuid()) {
    out.outcome = deferred(
        "4.3.5", "mail system configuration error",
        fmt::format("delivery for uid {} needs the privileged process, and the engine runs as uid "
                    "{} without it; start posternd as root, or give the mailboxes to uid {}",
                    uid, ::geteuid(), ::geteuid()));
    return out;
  }
  if (auto ok = check_order(policy_, order); !ok) {
    out.outcome = deferred("4.3.5", "mail system configuration error", ok.error().describe());
    return out;
  }
  return perform_order(order, content);
}

}  // namespace postern::delivery
