// SessionState: which command may come when, and what remains after it.  The whole sequence rule of
// RFC 5321 s4.1.4 (with RFC 3030, RFC 3207, RFC 2033) as one table and one reset function; no
// sockets, no clock, no configuration beyond four switches.
// Pure; one object per session.
#pragma once

#include <array>
#include <cstdint>

#include "core/smtp/command.h"

namespace postern::server {

// How far the mail transaction is.
enum class Progress : std::uint8_t {
  kNone,
  kMail,        // MAIL was accepted
  kRecipients,  // and at least one RCPT
  kChunks,      // and at least one BDAT that was not the last
};

// What the state says of a command.  All but kLegal are refusals.
enum class Ruling : std::uint8_t {
  kLegal,
  kUnknownCommand,    // 500
  kNotImplemented,    // 502
  kHelloFirst,        // 503 send HELO/EHLO first
  kNestedMail,        // 503 nested MAIL
  kMailFirst,         // 503 need MAIL
  kRecipientFirst,    // 503 need RCPT
  kNoValidRecipient,  // 554: every RCPT was refused
  kAfterChunk,        // 503: the data comes by BDAT
  kInTransaction,     // 503: not between MAIL and the end of data
  kTlsActive,         // 503
  kTlsFirst,          // 530
  kNoAuthentication,  // 503
};

// What does not change while the session lasts, but for TLS.
struct SessionRules {
  bool is_lmtp = false;
  bool hello_required = false;  // LMTP needs its LHLO in any case
  bool tls_offered = false;
  bool tls_required = false;  // before everything but hello, NOOP, RSET, HELP, QUIT, STARTTLS
  bool chunking_offered = true;
};

class SessionState {
 public:
  explicit SessionState(SessionRules rules = {}) : rules_(rules) {}

  Ruling rule(smtp::Verb verb) const;

  // A command that was legal has been carried out.  `is_last_chunk`: of BDAT.
  void accepted(smtp::Verb verb, bool is_last_chunk = false);
  // It was refused, by its arguments, by policy or at the end of the data.
  void refused(smtp::Verb verb);
  // The one reset: the transaction is forgotten.
  void end_transaction();
  // After the TLS handshake, and after XCLIENT: the client starts again (RFC 3207 s4.2).
  void restart(bool is_tls);

  Progress progress() const { return progress_; }
  bool in_transaction() const { return progress_ != Progress::kNone; }
  bool has_hello() const { return has_hello_; }
  bool is_extended() const { return is_extended_; }  // EHLO or LHLO: pipelining is allowed
  bool is_tls() const { return is_tls_; }
  const SessionRules& rules() const { return rules_; }

  bool operator==(const SessionState& other) const {
    return progress_ == other.progress_ && has_hello_ == other.has_hello_ &&
           is_extended_ == other.is_extended_ && is_tls_ == other.is_tls_ &&
           had_refused_recipient_ == other.had_refused_recipient_;
  }

 private:
  SessionRules rules_;
  Progress progress_ = Progress::kNone;
  bool has_hello_ = false;
  bool is_extended_ = false;
  bool is_tls_ = false;
  bool had_refused_recipient_ = false;  // in this transaction
};

}  // namespace postern::server
