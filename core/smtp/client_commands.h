// The MAIL, RCPT and BDAT lines of a client, with just the parameters the server can take.
// RFC 5321 s4.1.1, RFC 3461 s4, RFC 1870, RFC 6152, RFC 6531, RFC 3030.
// Pure; thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "core/mail/envelope.h"
#include "core/smtp/capabilities.h"

namespace postern::smtp {

// How the message goes out, after any conversion for this peer.
struct OutgoingMessage {
  std::uint64_t size = 0;  // octets of content; 0: not announced
  mail::BodyType body = mail::BodyType::kSevenBit;
  bool needs_smtputf8 = false;  // envelope or header section hold UTF-8
};

// Each: one line with its CRLF.  Parameters whose extension is not in `peer` are left out; whether
// the message may then go at all is for the caller to know.
std::string mail_line(const mail::Envelope& envelope, const OutgoingMessage& message,
                      const Capabilities& peer);
std::string rcpt_line(const mail::Recipient& recipient, const Capabilities& peer);
std::string bdat_line(std::uint64_t octets, bool last);

}  // namespace postern::smtp
