// postern: one program for operators and users; as which command it runs is in registry.cc.

#include <csignal>
#include <exception>

#include "core/tools/command.h"

int main(int argc, char** argv) {
  // `postern list | head`: the write fails, and that is all.
  std::signal(SIGPIPE, SIG_DFL);
  try {
    const int status = postern::tools::run({}, {argv, argv + argc});
    // What could not be written must not look like success.
    if (std::fflush(stdout) != 0 && status == EX_OK) return EX_IOERR;
    return status;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: fatal: {}\n", argv[0], error.what());
    return EX_SOFTWARE;
  }
}
