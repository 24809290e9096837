// A |command of an alias or .forward, and mailbox_command, as an order: the command line taken
// apart or given to a shell, and the environment that local(8) promises.
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/delivery/local/local_names.h"
#include "core/delivery/local/order.h"
#include "core/mail/envelope.h"

namespace postern::delivery {

// Words at white space where the line is made of harmless octets only; otherwise "/bin/sh -c line":
// quotes, $NAME and the like are the shell's.  `shell`: local_command_shell, for every line.
std::vector<std::string> command_words(std::string_view line, std::string_view shell);

// HOME LOGNAME USER SHELL LOCAL DOMAIN RECIPIENT SENDER EXTENSION ORIGINAL_RECIPIENT CLIENT_*
// SASL_*, behind `exported` ("NAME=value", export_environment).  Values that a stranger could
// choose are censored.
std::vector<std::string> command_environment(const std::vector<std::string>& exported,
                                             const LocalNames& names,
                                             const mail::Envelope& envelope,
                                             std::string_view original_recipient);

}  // namespace postern::delivery
