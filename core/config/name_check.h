// The check of names: those that neither Postern nor Postfix knows, those that Postfix knows and
// Postern does not honour, and <transport>_ forms.
// Pure.
#pragma once

#include "core/config/diagnostics.h"
#include "core/config/settings.h"

namespace postern::config {

// Looks at every setting of main.cf and every -o override:
// - a Postfix parameter for paths, documentation or tuning: silent;
// - one that is not done: a warning that says what to use instead;
// - one whose absence would be unsafe, set to a value that demands it: an error;
// - a name that nobody knows and nothing refers to: a warning with the nearest known name;
// - a $name that is defined nowhere: a warning.
void check_names(const Settings& settings, Diagnostics& diagnostics);

}  // namespace postern::config
