#include "core/smtp/dsn_parameters.h"

#include <algorithm>

#include "core/mail/mailbox.h"
#include "core/smtp/utf8.h"
#include "core/smtp/xtext.h"

namespace postern::smtp {
namespace {

using mail::DsnNotify;

bool is_atom(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

}  // namespace

std::optional<mail::DsnReturn> parse_ret(std::string_view value) {
  if (mail::equals_ignoring_ascii_case(value, "FULL")) return mail::DsnReturn::kFull;
  if (mail::equals_ignoring_ascii_case(value, "HDRS")) return mail::DsnReturn::kHeaders;
  return std::nullopt;
}

std::optional<DsnNotify> parse_notify(std::string_view value) {
  if (mail::equals_ignoring_ascii_case(value, "NEVER")) return DsnNotify::kNever;
  DsnNotify set = DsnNotify::kUnspecified;
  while (true) {
    const std::size_t comma = value.find(',');
    const std::string_view word = value.substr(0, comma);
    const DsnNotify bit = mail::equals_ignoring_ascii_case(word, "SUCCESS")   ? DsnNotify::kSuccess
                          : mail::equals_ignoring_ascii_case(word, "FAILURE") ? DsnNotify::kFailure
                          : mail::equals_ignoring_ascii_case(word, "DELAY")
                              ? DsnNotify::kDelay
                              : DsnNotify::kUnspecified;
    if (bit == DsnNotify::kUnspecified || has(set, bit)) return std::nullopt;
    set = set | bit;
    if (comma == std::string_view::npos) return set;
    value.remove_prefix(comma + 1);
  }
}

std::optional<std::string> parse_envid(std::string_view value) {
  if (value.empty() || value.size() > kMaxEnvidOctets) return std::nullopt;
  auto decoded = decode_xtext(value);
  // RFC 3461 s4.4: printable US-ASCII before encoding.
  if (!decoded || !is_ascii(*decoded)) return std::nullopt;
  return decoded;
}

std::optional<std::string> parse_orcpt(std::string_view value) {
  if (value.size() > kMaxOrcptOctets) return std::nullopt;
  const std::size_t semicolon = value.find(';');
  if (semicolon == std::string_view::npos) return std::nullopt;
  const std::string_view type = value.substr(0, semicolon);
  auto address = decode_xtext(value.substr(semicolon + 1));
  if (!is_atom(type) || !address || address->empty()) return std::nullopt;
  if (mail::equals_ignoring_ascii_case(type, "utf-8")) {
    address = decode_unitext(*address);
    if (!address) return std::nullopt;
  } else if (!is_ascii(*address)) {
    return std::nullopt;
  }
  return std::string(type) + ";" + *address;
}

std::string notify_to_wire(DsnNotify notify) {
  if (has(notify, DsnNotify::kNever)) return "NEVER";
  std::string out;
  const auto add = [&](DsnNotify bit, std::string_view word) {
    if (!has(notify, bit)) return;
    if (!out.empty()) out += ',';
    out += word;
  };
  add(DsnNotify::kSuccess, "SUCCESS");
  add(DsnNotify::kFailure, "FAILURE");
  add(DsnNotify::kDelay, "DELAY");
  return out;
}

std::string_view ret_to_wire(mail::DsnReturn ret) {
  switch (ret) {
    case mail::DsnReturn::kFull: return "FULL";
    case mail::DsnReturn::kHeaders: return "HDRS";
    case mail::DsnReturn::kUnspecified: return "";
  }
  return "";
}

std::string orcpt_to_wire(std::string_view orcpt) {
  const std::size_t semicolon = orcpt.find(';');
  if (semicolon == std::string_view::npos || !is_atom(orcpt.substr(0, semicolon))) return "";
  return std::string(orcpt.substr(0, semicolon + 1)) + encode_xtext(orcpt.substr(semicolon + 1));
}

}  // namespace postern::smtp
