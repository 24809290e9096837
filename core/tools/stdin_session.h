// sendmail -bs: an SMTP session over standard input and output, for mail programs that speak SMTP
// to a child process.  Messages go to the maildrop; so it works while the engine is down, and a 250
// means that the message is on the disk.  The client is the local user: no TLS, no AUTH, no
// restrictions.  RFC 5321.
// Not thread-safe; blocks.
#pragma once

#include "core/tools/command.h"
#include "core/tools/site.h"

namespace postern::tools {

// Until QUIT or the end of input.  The exit status.
int run_stdin_session(const Io& io, const Site& site);

}  // namespace postern::tools
