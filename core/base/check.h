// POSTERN_CHECK: for states that cannot be.  Logs and aborts; the queue is crash-safe by design, so
// dying is safe, going on with a broken invariant is not.  Never for input, never for the
// environment.
#pragma once

namespace postern {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}  // namespace postern

#define POSTERN_CHECK(condition) \
  ((condition) ? void(0) : ::postern::check_failed(#condition, __FILE__, __LINE__))
