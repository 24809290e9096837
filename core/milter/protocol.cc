#include "core/milter/protocol.h"

#include <array>

namespace postern::milter {
namespace {

struct StageRow {
  std::string_view name;
  Command command;
};

constexpr std::array<StageRow, kStages> kTable{{
    {"negotiation", Command::kNegotiate},
    {"connect", Command::kConnect},
    {"helo", Command::kHelo},
    {"mail", Command::kMail},
    {"rcpt", Command::kRcpt},
    {"data", Command::kData},
    {"unknown", Command::kUnknown},
    {"header", Command::kHeader},
    {"end of headers", Command::kEndOfHeaders},
    {"body", Command::kBody},
    {"end of message", Command::kEndOfBody},
}};

}  // namespace

std::string_view to_string(Stage stage) { return kTable[static_cast<std::size_t>(stage)].name; }
Command command_of(Stage stage) { return kTable[static_cast<std::size_t>(stage)].command; }

}  // namespace postern::milter
