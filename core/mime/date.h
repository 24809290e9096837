// Dates as RFC 5322 s3.3 writes them: "Tue, 24 Nov 2026 05:20:30 +0000 (UTC)".  No locale.
// Pure apart from the time zone; thread-safe.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/base/units.h"

namespace postern::mime {

// `utc_offset`: east is positive.  `zone`: the comment behind; "" for none.
std::string format_date(WallTime time, std::chrono::minutes utc_offset, std::string_view zone);
// In the machine's time zone, as Postfix does.
std::string format_local_date(WallTime time);

}  // namespace postern::mime
