// Settings as postconf prints them: "name = value" lines, services of master.cf in columns, their
// -o overrides.  White space inside a value is one blank each, as postconf has it.
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/settings.h"

namespace postern::tools {

struct ConfigStyle {
  bool expand = false;       // -x
  bool fold = false;         // -f: lines below 80 columns, continued with blanks
  bool only_names = false;   // -H
  bool only_values = false;  // -h
};

// One line, or several where it folds, with its line end.
std::string setting_line(std::string_view name, std::string_view value, const ConfigStyle& style);

// "smtp       inet  n       -       y ..." with its arguments.
std::string service_line(const config::Settings& settings, const config::ServiceEntry& entry,
                         const ConfigStyle& style);
// "smtp/inet/syslog_name = postfix/submission", in the order of names.
std::string override_lines(const config::Settings& settings, const config::ServiceEntry& entry,
                           std::string_view only, const ConfigStyle& style);
// "smtp/inet/private = n" and so on; `only`: one field.
std::string field_lines(const config::Settings& settings, const config::ServiceEntry& entry,
                        std::string_view only, const ConfigStyle& style);

// A <service>_... parameter of a service that master.cf has.
bool is_service_parameter(const config::Settings& settings, std::string_view name);

// The names of main.cf that mean something: known to Postern or Postfix, or needed by a value that
// does.  In the order of names.
std::vector<std::string> used_names(const config::Settings& settings);

}  // namespace postern::tools
