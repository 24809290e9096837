// Session tickets of a server context, sealed under TicketKeys.  For core/tls only.
#pragma once

#include "core/tls/native.h"

namespace postern::tls {

// Stateless tickets, no session cache.  Each SSL of the context needs a ServerHandshake as its
// application data.
void use_tickets(const ServerContext::Native& context);

}  // namespace postern::tls
