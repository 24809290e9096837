#include "core/smtp/verb.h"

#include <array>
#include <utility>
#include <variant>

#include "core/mail/mailbox.h"

namespace postern::smtp {
namespace {

using mail::equals_ignoring_ascii_case;

constexpr std::array<std::pair<std::string_view, Verb>, 18> kVerbs = {{
    {"HELO", Verb::kHelo},
    {"EHLO", Verb::kEhlo},
    {"LHLO", Verb::kLhlo},
    {"MAIL", Verb::kMail},
    {"RCPT", Verb::kRcpt},
    {"DATA", Verb::kData},
    {"BDAT", Verb::kBdat},
    {"RSET", Verb::kRset},
    {"NOOP", Verb::kNoop},
    {"QUIT", Verb::kQuit},
    {"VRFY", Verb::kVrfy},
    {"EXPN", Verb::kExpn},
    {"HELP", Verb::kHelp},
    {"STARTTLS", Verb::kStartTls},
    {"AUTH", Verb::kAuth},
    {"ETRN", Verb::kEtrn},
    {"XCLIENT", Verb::kXclient},
    {"XFORWARD", Verb::kXforward},
}};

}  // namespace

Verb verb_of(std::string_view line) {
  const std::string_view word = line.substr(0, line.find(' '));
  for (const auto& [name, verb] : kVerbs)
    if (equals_ignoring_ascii_case(name, word)) return verb;
  return Verb::kUnknown;
}

std::string_view to_string(Verb verb) {
  for (const auto& [name, value] : kVerbs)
    if (value == verb) return name;
  return "UNKNOWN";
}

Verb verb_of(const Command& command) {
  constexpr std::array<Verb, std::variant_size_v<Command>> kByIndex = {
      Verb::kEhlo, Verb::kMail, Verb::kRcpt,     Verb::kData,     Verb::kBdat,   Verb::kRset,
      Verb::kNoop, Verb::kQuit, Verb::kStartTls, Verb::kVrfy,     Verb::kExpn,   Verb::kHelp,
      Verb::kAuth, Verb::kEtrn, Verb::kXclient,  Verb::kXforward, Verb::kUnknown};
  if (const auto* hello = std::get_if<HelloCommand>(&command)) return hello->verb;
  return kByIndex[command.index()];
}

}  // namespace postern::smtp
