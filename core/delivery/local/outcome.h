// LocalOutcome: what one act of local delivery (a file written, a command run) came to, in the
// words of a delivery result.  Plain value, passed between the privileged process and the engine.
// Not here: which recipient it belongs to (mail::RecipientResult).
#pragma once

#include <string>
#include <utility>

#include "core/mail/attempt.h"

namespace postern::delivery {

struct LocalOutcome {
  mail::Outcome outcome = mail::Outcome::kDeferred;
  std::string status = "4.3.0";  // enhanced status code, RFC 3463
  std::string diagnostic;        // one line, for log and DSN
  std::string remedy;            // for the operator's log only; "" where there is nothing to repair

  bool is_delivered() const { return outcome == mail::Outcome::kDelivered; }
};

inline LocalOutcome delivered(std::string diagnostic) {
  return {mail::Outcome::kDelivered, "2.0.0", std::move(diagnostic), {}};
}
inline LocalOutcome deferred(std::string status, std::string diagnostic, std::string remedy = {}) {
  return {mail::Outcome::kDeferred, std::move(status), std::move(diagnostic), std::move(remedy)};
}
inline LocalOutcome failed(std::string status, std::string diagnostic, std::string remedy = {}) {
  return {mail::Outcome::kFailed, std::move(status), std::move(diagnostic), std::move(remedy)};
}

// The environment failed.  A full disk, a quota, an I/O error and a wrong owner all heal or can be
// healed, so the mail waits: nothing here is permanent.
LocalOutcome outcome_of(const Error& error);

}  // namespace postern::delivery
