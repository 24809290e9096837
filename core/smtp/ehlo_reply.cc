#include "core/smtp/ehlo_reply.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <utility>

#include "core/mail/mailbox.h"

namespace postern::smtp {
namespace {

constexpr std::array<std::pair<std::string_view, bool OfferedExtensions::*>, 13> kSwitches = {{
    {"PIPELINING", &OfferedExtensions::pipelining},
    {"SIZE", &OfferedExtensions::size},
    {"ETRN", &OfferedExtensions::etrn},
    {"VRFY", &OfferedExtensions::vrfy},
    {"STARTTLS", &OfferedExtensions::starttls},
    {"ENHANCEDSTATUSCODES", &OfferedExtensions::enhanced_status_codes},
    {"8BITMIME", &OfferedExtensions::eight_bit_mime},
    {"BINARYMIME", &OfferedExtensions::binary_mime},
    {"DSN", &OfferedExtensions::dsn},
    {"SMTPUTF8", &OfferedExtensions::smtputf8},
    {"CHUNKING", &OfferedExtensions::chunking},
    {"XCLIENT", &OfferedExtensions::xclient},
    {"XFORWARD", &OfferedExtensions::xforward},
}};

}  // namespace

void discard_keywords(OfferedExtensions& offer, std::span<const std::string> keywords) {
  for (const std::string& keyword : keywords) {
    for (const auto& [name, member] : kSwitches)
      if (mail::equals_ignoring_ascii_case(name, keyword)) offer.*member = false;
    if (mail::equals_ignoring_ascii_case(keyword, "AUTH")) offer.auth_mechanisms.clear();
  }
  // RFC 3030 s3: BINARYMIME without CHUNKING cannot be used.
  offer.binary_mime = offer.binary_mime && offer.chunking;
}

mail::Reply build_ehlo_reply(const OfferedExtensions& offer) {
  std::vector<std::string> lines{offer.hostname};
  for (const auto& [name, member] : kSwitches) {
    if (!(offer.*member)) continue;
    std::string line(name);
    if (name == "SIZE" && offer.max_size != 0) line += fmt::format(" {}", offer.max_size);
    if (name == "XCLIENT") line += " NAME ADDR PORT PROTO HELO LOGIN REVERSE_NAME";
    if (name == "XFORWARD") line += " NAME ADDR PROTO HELO SOURCE PORT IDENT";
    lines.push_back(std::move(line));
  }
  if (!offer.auth_mechanisms.empty())
    lines.push_back(fmt::format("AUTH {}", fmt::join(offer.auth_mechanisms, " ")));
  return {250, std::nullopt, std::move(lines)};
}

}  // namespace postern::smtp
