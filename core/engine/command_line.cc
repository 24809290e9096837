#include "core/engine/command_line.h"

#include <sysexits.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "core/config/words.h"

namespace postern::engine {
namespace {

std::string default_directory() {
  for (const char* directory : {"/etc/postern", "/etc/postfix"})
    if (::access((std::string(directory) + "/main.cf").c_str(), F_OK) == 0) return directory;
  return "/etc/postern";
}

}  // namespace

std::optional<CommandLine> parse_command_line(int argc, const char* const* argv, int& exit_code) {
  CommandLine out;
  out.directory = default_directory();
  std::vector<std::string> settings;
  CLI::App app(
      "posternd: the Postern SMTP engine.  Runs in the foreground until SIGTERM; SIGHUP "
      "reloads the configuration, SIGUSR1 opens the log file again.");
  app.add_option("-c", out.directory, "directory of main.cf and master.cf")
      ->capture_default_str()
      ->type_name("DIR");
  app.add_option("-o", settings, "a parameter, as if it stood at the end of main.cf")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->take_all();
  app.add_flag("--check", out.check_only, "check the configuration and end");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error) == 0 ? EX_OK : EX_USAGE;
    return std::nullopt;
  }
  for (const std::string& each : settings) {
    const auto setting = config::split_name_value(each);
    if (!setting) {
      std::fprintf(stderr, "posternd: -o %s: %s\n", each.c_str(), setting.error().context.c_str());
      exit_code = EX_USAGE;
      return std::nullopt;
    }
    out.overrides.emplace_back(setting->name, setting->value);
  }
  return out;
}

}  // namespace postern::engine
