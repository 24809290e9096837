// Capabilities: what a server said it can do, from its reply to EHLO or LHLO.
// Not here: what we offer (ehlo_reply.h).  RFC 5321 s4.1.1.1 and the extensions' RFCs.
// Plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/mail/reply.h"

namespace postern::smtp {

struct Capabilities {
  std::string name;  // how the server calls itself: "mail loops back to myself" is found by it
  bool pipelining = false;
  bool eight_bit_mime = false;
  bool binary_mime = false;
  bool size = false;
  std::optional<std::uint64_t> max_size;  // of SIZE; nullopt: not told, or 0 for "no fixed limit"
  bool dsn = false;
  bool smtputf8 = false;
  bool chunking = false;
  bool starttls = false;
  bool enhanced_status_codes = false;
  bool requiretls = false;
  std::vector<std::string> auth_mechanisms;     // upper case, at most 32
  std::vector<std::string> xclient_attributes;  // upper case; empty: not offered
  std::vector<std::string> xforward_attributes;
};

// `reply`: 250.  `discard`: keywords to overlook, any case (smtp_discard_ehlo_keywords).
// Malformed lines are skipped.
Capabilities parse_capabilities(const mail::Reply& reply,
                                std::span<const std::string> discard = {});

}  // namespace postern::smtp
