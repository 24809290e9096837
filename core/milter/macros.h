// Macros: which of them a filter is told at each stage, and their values at that moment.  What a
// macro stands for is the server's knowledge; it comes in as a function.
// Names are as Postfix writes them: "i", "{auth_type}".
// Pure; thread-safe as far as the lookup is.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/milter/negotiation.h"
#include "core/milter/packet_writer.h"
#include "core/milter/protocol.h"

namespace postern::milter {

// nullopt: undefined now, and not sent.  An empty value is sent: {mail_addr} of the null
// reverse-path is one.  The name: one letter bare, any other in braces.
using MacroLookup = std::function<std::optional<std::string>(std::string_view name)>;

// milter_connect_macros and so on.
struct MacroSets {
  std::array<std::vector<std::string>, kMacroStages> by_stage;  // index: MacroStage
  std::vector<std::string> unknown_command;                     // milter_unknown_command_macros

  // The defaults of Postfix 3.7.
  static const MacroSets& postfix_defaults();
};

// A list as main.cf has it: names separated by white space or commas.
std::vector<std::string> split_macro_names(std::string_view list);

// The names for `stage`: those the filter asked for, else the configured ones.  Header fields have
// those of the end of the headers, body chunks those of the end of the message, as in Postfix.
const std::vector<std::string>& macro_names(Stage stage, const Profile& profile,
                                            const MacroSets& sets);

std::vector<MacroValue> expand_macros(const std::vector<std::string>& names,
                                      const MacroLookup& lookup);

}  // namespace postern::milter
