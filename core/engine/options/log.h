// How the log is written, from main.cf.  Pure.
#pragma once

#include "core/base/log.h"
#include "core/base/result.h"
#include "core/config/settings.h"

namespace postern::engine {

// kInvalid: maillog_file begins with none of maillog_file_prefixes.
Result<log::Options> log_options(const config::Settings& settings);

}  // namespace postern::engine
