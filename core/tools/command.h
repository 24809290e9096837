// A command of `postern`: a name, perhaps Postfix's names for it, a line of help, a function.
// Commands read and write through Io, so that tests run them in process; they return an exit
// status of sysexits(3) and never exit themselves.
#pragma once

#include <sysexits.h>

#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace postern::tools {

// Not owned; open for the length of the command.
struct Io {
  std::FILE* in = stdin;
  std::FILE* out = stdout;
  std::FILE* err = stderr;
};

// What follows the command's name.
using Arguments = std::vector<std::string>;

struct Command {
  std::string_view name;     // behind `postern`
  std::string_view aliases;  // names of argv[0], separated by blanks: Postfix's
  std::string_view help;
  // `called_as`: the name that found it, for messages.
  int (*run)(const Io& io, std::string_view called_as, const Arguments& arguments);
};

std::span<const Command> all_commands();
const Command* find_command(std::string_view name);  // by either name; null: none

// All of main(): picks the command by the program's name or the first argument.
int run(const Io& io, const std::vector<std::string>& argv);

// Exit status for an error that ends a command.
int exit_status(const Error& error);
// "name: fatal: ..." on io.err; the exit status.
int fail_with(const Io& io, std::string_view called_as, const Error& error);
int usage(const Io& io, std::string_view called_as, std::string_view text);

template <typename... Args>
void print(const Io& io, fmt::format_string<Args...> text, Args&&... args) {
  const std::string line = fmt::format(text, std::forward<Args>(args)...);
  std::fwrite(line.data(), 1, line.size(), io.out);
}
template <typename... Args>
void warn(const Io& io, std::string_view called_as, fmt::format_string<Args...> text,
          Args&&... args) {
  const std::string line =
      fmt::format("{}: warning: {}\n", called_as, fmt::format(text, std::forward<Args>(args)...));
  std::fwrite(line.data(), 1, line.size(), io.err);
}

}  // namespace postern::tools
