#include "core/base/check.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

namespace postern {

void check_failed(const char* condition, const char* file, int line) {
  const std::string text =
      fmt::format("panic: {}:{}: impossible state: {}\n", file, line, condition);
  // Straight to the descriptor: the logger may be what is broken.
  (void)!::write(STDERR_FILENO, text.data(), text.size());
  std::abort();
}

}  // namespace postern
