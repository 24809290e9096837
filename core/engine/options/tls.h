// What TLS contexts are made of, from main.cf.
#pragma once

#include "core/base/result.h"
#include "core/config/settings.h"
#include "core/tls/tls_options.h"

namespace postern::engine {

// A listener's; `view` has its -o overrides.  nullopt: smtpd_tls_security_level is none and there
// is no wrapper mode, or no certificate is set where TLS is only offered.  kInvalid, kNotFound.
Result<std::optional<tls::ServerOptions>> tls_server_options(const config::Settings& view,
                                                             std::string listener);
// A transport's, for destinations where TLS is mandatory, and for those where it is tried.
Result<tls::ClientOptions> tls_client_options(const config::Settings& view, bool is_mandatory);

}  // namespace postern::engine
