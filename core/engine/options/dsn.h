// What delivery status notifications are made of, from main.cf.  Pure.
#pragma once

#include "core/base/result.h"
#include "core/config/settings.h"
#include "core/delivery/dsn/dsn.h"
#include "core/mime/trace_fields.h"

namespace postern::engine {

// kInvalid: notify_classes holds an unknown word.
Result<delivery::DsnOptions> dsn_options(const config::Settings& settings);
// Received and the like, for mail that does not come in by SMTP.
mime::TraceOptions trace_options(const config::Settings& settings);

}  // namespace postern::engine
