// What goes wrong between us and a server, in the words Postfix uses, and what it means for the
// recipients it concerns.  Pure.  Postfix: smtp_trouble; RFC 3463 for the statuses.
#pragma once

#include <string>
#include <string_view>

#include "core/mail/attempt.h"
#include "core/mail/reply.h"

namespace postern::delivery {

// Where a session is.  Order is that of a session.
enum class SmtpStage {
  kGreeting,
  kEhlo,
  kHelo,
  kLhlo,
  kStartTls,
  kXforward,
  kRset,
  kMail,
  kRcpt,
  kData,
  kContent,
  kEndOfData,
  kQuit,
};
// "sending RCPT TO": after "while".
std::string_view doing(SmtpStage stage);
// "RCPT TO command": after "in reply to".
std::string_view command(SmtpStage stage);

// The server, for people.
struct PeerLabel {
  std::string host_and_address;  // "mx.example[192.0.2.1]"
  std::string with_port;         // "mx.example[192.0.2.1]:25"; a unix socket has no port
};

struct PeerFault {
  bool is_permanent = false;
  std::string status;      // "4.4.2"
  std::string diagnostic;  // one line
  std::string smtp_reply;  // where a reply is the cause
  std::string remote_mta;
  // What it says of the server as a whole.
  mail::SiteVerdict site = mail::SiteVerdict::kGood;
  // The server answered 421 or is gone: nothing more on this connection.
  bool ends_connection = false;
};

// A server's text for log and DSN: one line, printable, of bounded length.
std::string reply_text(const mail::Reply& reply);
// The reply's enhanced status code, or x.0.0 by the first digit; an unexpected 2yz or 3yz is 4.5.0.
std::string status_of(const mail::Reply& reply);

// "host X said: 550 5.1.1 ... (in reply to RCPT TO command)".  552 in reply to RCPT is 452 (RFC
// 5321 s4.5.3.1.10).
PeerFault refused(const PeerLabel& peer, SmtpStage stage, const mail::Reply& reply);
// "host X refused to talk to me: 421 ...": greeting and EHLO.
PeerFault refused_to_talk(const PeerLabel& peer, const mail::Reply& reply);
// "lost connection with X while ...", "conversation with X timed out while ...".
PeerFault lost_connection(const PeerLabel& peer, SmtpStage stage, const Error& error);
// The server's octets are no reply: it is not believed.
PeerFault protocol_error(const PeerLabel& peer, SmtpStage stage, std::string_view what);
// "connect to X:25: Connection refused".
PeerFault no_connection(const PeerLabel& peer, const Error& error);
// Whatever else is wrong, found here and not told by the server.
PeerFault local_fault(const PeerLabel& peer, std::string status, std::string diagnostic);

}  // namespace postern::delivery
