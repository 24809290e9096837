// Next hops as main.cf, transport(5) and routes write them, from text to what to look up.
// Pure.  Postfix: smtp(8) "destination syntax", lmtp(8).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace postern::delivery {

struct NextHop {
  enum class Kind {
    kDomain,  // MX look-up, then addresses
    kHost,    // addresses only: [host], [192.0.2.1], [IPv6:2001:db8::1], and all of LMTP
    kUnix,    // unix:/path
  };
  Kind kind = Kind::kDomain;
  std::string name;  // in A-labels and lower case, a numeric address, or an absolute path
  std::uint16_t port = 0;
  std::string text;  // as it was given, for messages
};

struct NextHopSyntax {
  bool is_lmtp = false;
  std::uint16_t default_port = 25;
  std::string unix_base;  // where a relative path of unix: starts
};

// kInvalid names what is wrong.
Result<NextHop> parse_next_hop(std::string_view text, const NextHopSyntax& syntax);

// One route may name several, in order of preference, between commas or spaces.
std::vector<std::string> split_next_hops(std::string_view text);

}  // namespace postern::delivery
