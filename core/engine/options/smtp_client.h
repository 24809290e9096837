// What one SMTP or LMTP client transport is made of, from main.cf under the -o overrides of its
// master.cf line.
#pragma once

#include <vector>

#include "core/base/result.h"
#include "core/config/settings.h"
#include "core/delivery/smtp/smtp_client_options.h"
#include "core/delivery/smtp/smtp_transport.h"
#include "core/dns/resolver.h"

namespace postern::engine {

// Who we are to a client that must not send mail to itself.
struct OwnEndpoints {
  std::vector<std::string> addresses;  // of interfaces.h
  std::vector<std::uint16_t> ports;    // bound for SMTP
};

// kInvalid, kNotFound: a port that is neither number nor service.
Result<delivery::SmtpClientOptions> smtp_client_options(const config::Settings& view,
                                                        const config::ServiceEntry& entry,
                                                        const OwnEndpoints& own);
// Opportunistic and mandatory contexts; blocks (reads files).
Result<delivery::SmtpTlsContexts> smtp_tls_contexts(const config::Settings& view);

dns::ResolverOptions resolver_options(const config::Settings& settings);

}  // namespace postern::engine
