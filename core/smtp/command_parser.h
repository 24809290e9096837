// One command line to one Command.  Says what the line is, not whether it may come now.
// Not here: where lines end (line_reader.h), AUTH's continuation lines, which are not commands.
// RFC 5321 s4.1, RFC 3461 s4, RFC 1870, RFC 6152, RFC 6531, RFC 3030, RFC 4954.
// Pure; linear in the line; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "core/mail/reply.h"
#include "core/smtp/command.h"
#include "core/smtp/verb.h"

namespace postern::smtp {

// What the session offers now; a parameter that was not offered gets 555 (RFC 5321 s4.1.1.11).
struct CommandOptions {
  bool size = true;
  bool eight_bit_mime = true;
  bool binary_mime = false;
  bool dsn = true;
  bool smtputf8 = true;  // smtputf8_enable
  bool auth = false;     // MAIL's AUTH=
  // The transaction's MAIL had SMTPUTF8: RCPT may hold UTF-8.
  bool transaction_uses_smtputf8 = false;
  bool allow_trailing_dot = true;
  // RCPT and MAIL with a bare local part; the session appends a domain.  Off: only <postmaster>.
  bool allow_bare_local_part = false;
};

enum class CommandFault {
  kSyntax,   // missing or superfluous argument
  kOctets,   // NUL, control character, or not UTF-8
  kAddress,  // MAIL or RCPT with a path that is none
  kAddressTooLong,
  kUtf8Address,       // UTF-8 without SMTPUTF8
  kParameterUnknown,  // 555
  kParameterRepeated,
  kParameterValue,
};

struct CommandError {
  Verb verb = Verb::kUnknown;
  CommandFault fault = CommandFault::kSyntax;
  mail::Reply reply;  // 501, 553 or 555: what the client is told
};

// `line`: without its CRLF.  A verb nobody knows is an UnknownCommand, not an error.
std::expected<Command, CommandError> parse_command(std::string_view line,
                                                   const CommandOptions& options);

// A decimal count as SIZE= and BDAT write it: digits only, below 2^63.
std::optional<std::uint64_t> parse_octet_count(std::string_view digits);

}  // namespace postern::smtp
