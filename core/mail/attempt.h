// One delivery attempt and what came of it: the words that queue and delivery share.
// Plain values.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/queue_id.h"
#include "core/mail/content.h"
#include "core/mail/envelope.h"
#include "core/mail/route.h"

namespace postern::mail {

// One message, some of its recipients, all in one lane.
struct Attempt {
  QueueId id;
  LaneKey lane;
  Route route;
  std::shared_ptr<const Envelope> envelope;
  ContentPtr content;
  std::vector<std::uint32_t> recipients;  // indexes into envelope->recipients
  WallTime queued_since{};                // arrival; for the log's delay=
  SteadyTime admitted{};                  // when the active queue took it; for delays=a/b/c/d
};

enum class Outcome {
  kDelivered,
  kDeferred,  // 4yz, or the connection failed
  kFailed,    // 5yz
  kExpanded,  // replaced by `expanded` (aliases, include, forward)
};

struct RecipientResult {
  std::uint32_t recipient = 0;
  Outcome outcome = Outcome::kDeferred;
  std::string diagnostic;            // for log and DSN, one line
  std::string status;                // enhanced status code, "2.0.0"
  std::string remote_mta;            // "mx.example[192.0.2.1]:25"
  std::string smtp_reply;            // "550 5.1.1 no such user" as the peer gave it, or ""
  bool relayed_without_dsn = false;  // next hop lacks DSN: a "relayed" report is due if asked for
  std::vector<Recipient> expanded;
};

// What the attempt says of the lane, apart from the recipients.
enum class SiteVerdict {
  kGood,      // the peer took commands: positive feedback
  kThrottle,  // 421, 451 too many connections: negative feedback, not dead
  kDead,      // no connection, no banner, TLS not to be had: counts towards "dead"
};

struct AttemptResult {
  std::vector<RecipientResult> recipients;  // one for each of Attempt::recipients
  SiteVerdict site = SiteVerdict::kGood;
  // Seconds for the log's delays=a/b/c/d: c connection set-up, d transmission.
  double connect_seconds = 0;
  double transmit_seconds = 0;
  unsigned connection_use = 1;  // this transaction is the connection's n-th; the log's conn_use=
};

// Route and lane of one recipient.
struct Destination {
  Route route;
  LaneKey lane;
};

}  // namespace postern::mail
