// What went wrong, for code and for the operator who reads the log.
// A mail-facing refusal is another type (mail/rejection.h): an Error never reaches a client.
// Plain value; safe to pass between threads.
#pragma once

#include <string>
#include <string_view>

namespace postern {

enum class ErrorKind {
  kInvalid,      // hostile or malformed input: handle it, count it
  kNotFound,     // asked for by name, not there
  kExists,       // already there, or held by somebody else
  kIo,           // the environment failed: see sys_errno
  kNoSpace,      // ENOSPC or EDQUOT: heals by itself
  kTimeout,      // a deadline passed
  kClosed,       // the peer or the owner went away
  kLimit,        // a configured bound was reached
  kUnavailable,  // a helper does not answer now
  kCorrupt,      // stored data does not validate
  kPermission,   // rights or ownership forbid it
};

// `context` names the place, the value and, where there is one, the remedy.
// `sys_errno`: 0, or the errno of the call that failed.
struct Error {
  ErrorKind kind;
  std::string context;
  int sys_errno = 0;

  // "context: strerror" in one line, for a log.
  std::string describe() const;
};

std::string_view to_string(ErrorKind kind);

}  // namespace postern
