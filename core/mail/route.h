// Where one recipient goes next, and the lane that shares connections and limits with it.
// Plain values.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace postern::mail {

// Values are stored in logs only.
enum class TlsRequirement : std::uint8_t { kNone, kMay, kEncrypt };

struct Route {
  std::string transport;  // name of the master.cf service: smtp, relay, lmtp, virtual, local ...
  std::string next_hop;   // "example.com", "[192.0.2.1]:25", "unix:/run/lmtp", or the user part

  auto operator<=>(const Route&) const = default;
};

// Messages in one lane share connections, concurrency and the verdict "dead".
struct LaneKey {
  std::string transport;
  std::string site;  // next hop, or the sorted MX set where that is known
  TlsRequirement tls = TlsRequirement::kMay;

  auto operator<=>(const LaneKey&) const = default;
};

}  // namespace postern::mail
