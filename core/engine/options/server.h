// What one SMTP listener's sessions are made of, from main.cf under the -o overrides of its
// master.cf line.
#pragma once

#include "core/base/result.h"
#include "core/config/settings.h"
#include "core/server/server_options.h"
#include "core/server/server_site.h"

namespace postern::engine {

// Opens the tables that lists name; blocks.  The error names the parameter.
Result<server::ServerOptions> server_options(const config::Settings& view,
                                             const config::SmtpListener& listener);
// smtpd_*_restrictions; as above.
Result<server::Restrictions> server_restrictions(const config::Settings& view);

}  // namespace postern::engine
