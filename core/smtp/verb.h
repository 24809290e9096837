// The verbs of commands and their names.  RFC 5321 s4.1.1, RFC 2033 s4.1 (LHLO), RFC 3030 (BDAT),
// RFC 3207 (STARTTLS), RFC 4954 (AUTH), RFC 1985 (ETRN); XCLIENT and XFORWARD are Postfix's.
// Pure; thread-safe.
#pragma once

#include <string_view>

#include "core/smtp/command.h"

namespace postern::smtp {

// The verb alone, so that a session can choose options before it parses.  Any case.
Verb verb_of(std::string_view line);
// In capitals; "UNKNOWN" for kUnknown.
std::string_view to_string(Verb verb);
Verb verb_of(const Command& command);

}  // namespace postern::smtp
