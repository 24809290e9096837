// The reply to EHLO and LHLO: what a session offers.  Not here: what a peer offers
// (capabilities.h).  RFC 5321 s4.1.1.1.  Pure; thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/mail/reply.h"

namespace postern::smtp {

struct OfferedExtensions {
  std::string hostname;  // myhostname
  bool pipelining = true;
  bool size = true;
  std::uint64_t max_size = 10'240'000;  // message_size_limit; 0: announced without a number
  bool etrn = false;
  bool vrfy = true;       // false with disable_vrfy_command
  bool starttls = false;  // true only where TLS can start now
  std::vector<std::string> auth_mechanisms;
  bool enhanced_status_codes = true;
  bool eight_bit_mime = true;
  bool binary_mime = false;
  bool dsn = true;
  bool smtputf8 = true;  // smtputf8_enable
  bool chunking = true;
  bool xclient = false;   // listed peers only
  bool xforward = false;  // listed peers only
};

// Takes what `keywords` name out of the offer, any case; unknown words are skipped.
// smtpd_discard_ehlo_keywords; the word "silent-discard" only concerns the log.
void discard_keywords(OfferedExtensions& offer, std::span<const std::string> keywords);

mail::Reply build_ehlo_reply(const OfferedExtensions& offer);

}  // namespace postern::smtp
