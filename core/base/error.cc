#include "core/base/error.h"

#include <cstring>

namespace postern {

std::string Error::describe() const {
  if (sys_errno == 0) return context;
  char text[128];
  return context + ": " + strerror_r(sys_errno, text, sizeof text);
}

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid: return "invalid";
    case ErrorKind::kNotFound: return "not found";
    case ErrorKind::kExists: return "exists";
    case ErrorKind::kIo: return "I/O error";
    case ErrorKind::kNoSpace: return "no space";
    case ErrorKind::kTimeout: return "timeout";
    case ErrorKind::kClosed: return "closed";
    case ErrorKind::kLimit: return "limit reached";
    case ErrorKind::kUnavailable: return "unavailable";
    case ErrorKind::kCorrupt: return "corrupt";
    case ErrorKind::kPermission: return "permission denied";
  }
  return "unknown";
}

}  // namespace postern
