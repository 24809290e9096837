// Envelope: what travels beside the mail data, from the first RCPT until the last recipient is
// done.  Plain values; the spool stores every field (spool/FORMAT.md), so a new field needs a new
// tag there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/units.h"
#include "core/mail/mailbox.h"

namespace postern::mail {

// RFC 6152, RFC 3030.  Values are stored; append only.
enum class BodyType : std::uint8_t { kSevenBit = 0, kEightBitMime = 1, kBinaryMime = 2 };

// RFC 3461 s4.3.  Values are stored; append only.
enum class DsnReturn : std::uint8_t { kUnspecified = 0, kFull = 1, kHeaders = 2 };

// RFC 3461 s4.1, a bit set; kUnspecified means failure and, if the site warns, delay.
// Values are stored; append only.
enum class DsnNotify : std::uint8_t {
  kUnspecified = 0,
  kNever = 1,
  kSuccess = 2,
  kFailure = 4,
  kDelay = 8,
};
constexpr DsnNotify operator|(DsnNotify a, DsnNotify b) {
  return static_cast<DsnNotify>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}
constexpr bool has(DsnNotify set, DsnNotify bit) {
  return (static_cast<std::uint8_t>(set) & static_cast<std::uint8_t>(bit)) != 0;
}

// How the message came in.  Values are stored; append only.
enum class Origin : std::uint8_t {
  kSmtp = 0,          // by SMTP or LMTP
  kSubmitted = 1,     // by sendmail(1)
  kNotification = 2,  // a DSN or postmaster notice of our own
  kForwarded = 3,     // re-injected by local delivery (aliases, .forward)
};

struct Recipient {
  Mailbox forward_path;            // where it goes, after rewriting
  std::string original_recipient;  // as RCPT gave it, for X-Original-To and logs
  std::string orcpt;               // RFC 3461 s4.2: "rfc822;user@example", xtext decoded; or ""
  DsnNotify notify = DsnNotify::kUnspecified;

  bool operator==(const Recipient&) const = default;
};

// The SMTP client as the session saw it; for Received, logs, filters and XFORWARD.
struct ClientInfo {
  std::string name = "unknown";  // verified reverse name (forward-confirmed), or "unknown"
  std::string reverse_name;      // unverified
  std::string address;           // "192.0.2.1", "IPv6 2001:db8::1" without brackets: 2001:db8::1
  std::uint16_t port = 0;
  std::string helo;
  std::string protocol;  // "SMTP", "ESMTPS", "LMTP" ... RFC 3848
  std::string tls;       // "TLSv1.3 with cipher ..." or ""
  std::string sasl_method;
  std::string sasl_username;

  bool operator==(const ClientInfo&) const = default;
};

struct Envelope {
  ReversePath reverse_path;
  std::vector<Recipient> recipients;
  BodyType body = BodyType::kSevenBit;
  bool smtputf8 = false;
  DsnReturn ret = DsnReturn::kUnspecified;
  std::string envid;  // RFC 3461 s4.4, xtext decoded
  Origin origin = Origin::kSmtp;
  ClientInfo client;
  WallTime arrival{};
  std::string listener;  // name of the master.cf service that took it

  bool operator==(const Envelope&) const = default;
};

}  // namespace postern::mail
