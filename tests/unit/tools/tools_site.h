// A site in a temporary directory, and the commands run in process on it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>

#include "core/tools/command.h"
#include "tests/support/temp_dir.h"

namespace postern::tools {

using postern::testing::TempDir;

struct Ran {
  int status = -1;
  std::string out, err;
};

// argv[0] and what follows; standard input from `in`.
inline Ran run_tool(const std::vector<std::string>& argv, const std::string& in = "") {
  Ran ran;
  char *out = nullptr, *err = nullptr;
  std::size_t out_size = 0, err_size = 0;
  // fmemopen(3) refuses an empty buffer.
  std::FILE* input = in.empty() ? std::fopen("/dev/null", "r")
                                : ::fmemopen(const_cast<char*>(in.data()), in.size(), "r");
  const Io io{input, ::open_memstream(&out, &out_size), ::open_memstream(&err, &err_size)};
  ran.status = run(io, argv);
  std::fclose(io.in);
  std::fclose(io.out);
  std::fclose(io.err);
  ran.out.assign(out, out_size);
  ran.err.assign(err, err_size);
  std::free(out);
  std::free(err);
  return ran;
}

// A program of the system, by the shell.
inline Ran run_shell(const std::string& command) {
  Ran ran;
  std::FILE* pipe = ::popen(command.c_str(), "re");
  if (pipe == nullptr) return ran;
  char buffer[4096];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    ran.out.append(buffer, n);
  const int status = ::pclose(pipe);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

class ToolsSite {
 public:
  explicit ToolsSite(const std::string& more = "") {
    queue = dir / "queue";
    for (const std::string& each : {queue, queue + "/maildrop", queue + "/private"})
      std::filesystem::create_directory(each);
    main(
        "compatibility_level = 3.6\nmyhostname = mx.home.example\nmydomain = home.example\n"
        "inet_interfaces = 127.0.0.1\nqueue_directory = " +
        queue + "\nqueue_durability = process\nmail_owner = root\n" + more);
    dir.write("master.cf", "smtp inet n - n - - smtpd\nsmtp unix - - n - - smtp\n");
  }
  void main(const std::string& text) const { dir.write("main.cf", text); }

  // `postern COMMAND -c DIR ...`, or by one of Postfix's names.
  Ran run(const std::string& name, std::vector<std::string> arguments,
          const std::string& in = "") const {
    std::vector<std::string> argv{name, name == "sendmail" || name == "mailq" ? "-C" : "-c",
                                  dir.path()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    if (name.starts_with("postern ")) {
      argv[0] = name.substr(8);
      argv.insert(argv.begin(), "postern");
    }
    return run_tool(argv, in);
  }

  TempDir dir;
  std::string queue;
};

}  // namespace postern::tools
