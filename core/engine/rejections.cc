#include "core/engine/rejections.h"

namespace postern::engine {
namespace {

mail::Rejection reject(std::uint16_t code, mail::EnhancedStatus status, std::string_view text,
                       std::string cause) {
  return {mail::Reply(code, status, text), std::move(cause), false};
}

}  // namespace

mail::Rejection no_space(std::string cause) {
  return reject(452, {4, 3, 1}, "Insufficient system storage", std::move(cause));
}

mail::Rejection not_written(std::string cause) {
  return reject(451, {4, 3, 0}, "Error: queue file write error", std::move(cause));
}

mail::Rejection rejection_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kNoSpace: return no_space(error.describe());
    // An alias that is wrong or too large can be mended while the client waits, as in Postfix.
    case ErrorKind::kInvalid:
    case ErrorKind::kLimit:
      return reject(451, {4, 6, 0}, "Alias expansion error", error.describe());
    case ErrorKind::kUnavailable:
      return reject(451, {4, 3, 0}, "Temporary lookup failure", error.describe());
    case ErrorKind::kNotFound:
    case ErrorKind::kExists:
    case ErrorKind::kIo:
    case ErrorKind::kTimeout:
    case ErrorKind::kClosed:
    case ErrorKind::kCorrupt:
    case ErrorKind::kPermission: break;
  }
  return not_written(error.describe());
}

}  // namespace postern::engine
