#include "core/server/command_tally.h"

#include <fmt/format.h>

namespace postern::server {
namespace {

using smtp::Verb;

// Postfix's order and names.
constexpr std::array<std::pair<Verb, std::string_view>, 19> kOrder = {{
    {Verb::kHelo, "helo"},       {Verb::kEhlo, "ehlo"},         {Verb::kLhlo, "lhlo"},
    {Verb::kXclient, "xclient"}, {Verb::kXforward, "xforward"}, {Verb::kStartTls, "starttls"},
    {Verb::kAuth, "auth"},       {Verb::kMail, "mail"},         {Verb::kRcpt, "rcpt"},
    {Verb::kBdat, "bdat"},       {Verb::kData, "data"},         {Verb::kRset, "rset"},
    {Verb::kNoop, "noop"},       {Verb::kVrfy, "vrfy"},         {Verb::kExpn, "expn"},
    {Verb::kEtrn, "etrn"},       {Verb::kHelp, "help"},         {Verb::kQuit, "quit"},
    {Verb::kUnknown, "unknown"},
}};

void append_count(std::string& out, std::string_view name, std::uint64_t worked,
                  std::uint64_t total) {
  auto to = std::back_inserter(out);
  if (worked == total) {
    fmt::format_to(to, " {}={}", name, total);
  } else {
    fmt::format_to(to, " {}={}/{}", name, worked, total);
  }
}

}  // namespace

std::string CommandTally::to_string() const {
  std::string out;
  std::uint64_t worked = 0;
  std::uint64_t total = 0;
  for (const auto& [verb, name] : kOrder) {
    const Count& count = counts_[static_cast<std::size_t>(verb)];
    if (count.total == 0) continue;
    append_count(out, name, count.worked, count.total);
    worked += count.worked;
    total += count.total;
  }
  append_count(out, "commands", worked, total);
  return out;
}

}  // namespace postern::server
