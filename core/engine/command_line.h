// The command line of posternd.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace postern::engine {

struct CommandLine {
  std::string directory;                                       // -c: of main.cf and master.cf
  std::vector<std::pair<std::string, std::string>> overrides;  // -o name=value
  bool check_only = false;  // --check: say whether the configuration could be used, and end
};

// nullopt: an error or --help was answered already, and the process ends with `exit_code`.
std::optional<CommandLine> parse_command_line(int argc, const char* const* argv, int& exit_code);

}  // namespace postern::engine
