// The checks that need several settings together: no listener may be an open relay, and tables
// must be of a type that can be opened.
// Pure.
#pragma once

#include "core/config/diagnostics.h"
#include "core/config/settings.h"

namespace postern::config {

// Whether some client outside mynetworks that is not authenticated could send mail through this
// view to a domain that is none of ours.
bool is_open_relay(const Settings& view);

// Errors: an open relay on a listener, a table type that Postern lacks.  Warnings: mynetworks with
// every address in it.
void check_safety(const Settings& settings, Diagnostics& diagnostics);

}  // namespace postern::config
