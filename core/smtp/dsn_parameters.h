// The parameters that RFC 3461 adds to MAIL and RCPT: RET, ENVID, NOTIFY, ORCPT; parsing and
// printing.  RFC 6533 for ORCPT with UTF-8.
// Pure; thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/mail/envelope.h"

namespace postern::smtp {

constexpr std::size_t kMaxEnvidOctets = 100;  // as written; RFC 3461 s4.4
constexpr std::size_t kMaxOrcptOctets = 500;  // as written; RFC 3461 s4.2

// Each: nullopt where the value is malformed or too long.
std::optional<mail::DsnReturn> parse_ret(std::string_view value);
std::optional<mail::DsnNotify> parse_notify(std::string_view value);
std::optional<std::string> parse_envid(std::string_view value);
std::optional<std::string> parse_orcpt(std::string_view value);

// "SUCCESS,FAILURE"; "" for kUnspecified.
std::string notify_to_wire(mail::DsnNotify notify);
// "FULL", "HDRS" or "".
std::string_view ret_to_wire(mail::DsnReturn ret);
// `orcpt` as Recipient::orcpt has it; the address type stays, the rest is xtext.  "" if malformed.
std::string orcpt_to_wire(std::string_view orcpt);

}  // namespace postern::smtp
