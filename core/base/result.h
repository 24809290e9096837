// Result<T>: a value or an Error.  What can happen is returned; exceptions are for start-up and
// allocation only.
#pragma once

#include <fmt/format.h>

#include <cerrno>
#include <expected>
#include <utility>

#include "core/base/error.h"

namespace postern {

template <typename T>
using Result = std::expected<T, Error>;

// return fail(ErrorKind::kInvalid, "main.cf line {}: ...", line);
template <typename... Args>
std::unexpected<Error> fail(ErrorKind kind, fmt::format_string<Args...> text, Args&&... args) {
  return std::unexpected(Error{kind, fmt::format(text, std::forward<Args>(args)...), 0});
}

// For a failed system call; reads errno, and sorts ENOSPC, EDQUOT, ENOENT, EEXIST, EACCES.
std::unexpected<Error> fail_errno(std::string context);
std::unexpected<Error> fail_errno(std::string context, int sys_errno);

}  // namespace postern
