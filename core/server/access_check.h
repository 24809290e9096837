// AccessCheck: the restrictions of main.cf for one point of the session, with smtpd_delay_reject
// taken into account: what is asked at RCPT also asks what earlier stages put off.
// The question holds copies where it may have to travel to the pool.
// Thread-safe; may block as long as a table does.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/mail/rejection.h"
#include "core/routing/restrictions.h"
#include "core/server/server_metrics.h"
#include "core/server/server_site.h"

namespace postern::server {

enum class CheckPoint : std::uint8_t {
  kNone,
  kConnect,
  kHello,
  kMail,
  kRecipient,
  kData,
  kEndOfData,
};

struct AccessAnswer {
  std::optional<mail::Rejection> rejection;  // nullopt: nothing against it
  RefusalReason reason = RefusalReason::kRecipientAccess;
  std::vector<std::string> warnings;  // of warn_if_reject
};

// Whether anything is configured that `point` would ask: most sites have nothing but RCPT's.
bool asks_anything(const ServerSite& site, CheckPoint point);

AccessAnswer check_access(const ServerSite& site, CheckPoint point,
                          const routing::RestrictionContext& context);

// A context that owns what it points to.
class OwnedContext {
 public:
  explicit OwnedContext(const routing::RestrictionContext& context);
  routing::RestrictionContext view() const;

 private:
  std::string address_, name_, helo_;
  bool is_authenticated_, has_pipelined_;
  std::optional<mail::ReversePath> sender_;
  std::optional<mail::Mailbox> recipient_;
};

}  // namespace postern::server
