#include "core/base/result.h"

namespace postern {
namespace {

ErrorKind kind_of(int sys_errno) {
  switch (sys_errno) {
    case ENOSPC:
    case EDQUOT: return ErrorKind::kNoSpace;
    case ENOENT: return ErrorKind::kNotFound;
    case EEXIST: return ErrorKind::kExists;
    case EACCES:
    case EPERM: return ErrorKind::kPermission;
    case ETIMEDOUT: return ErrorKind::kTimeout;
    case EPIPE:
    case ECONNRESET: return ErrorKind::kClosed;
    case EMFILE:
    case ENFILE: return ErrorKind::kLimit;
    default: return ErrorKind::kIo;
  }
}

}  // namespace

std::unexpected<Error> fail_errno(std::string context) {
  return fail_errno(std::move(context), errno);
}

std::unexpected<Error> fail_errno(std::string context, int sys_errno) {
  return std::unexpected(Error{kind_of(sys_errno), std::move(context), sys_errno});
}

}  // namespace postern
