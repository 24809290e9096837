// main.cf settings of a dialogue, applied to the test's site.
#pragma once

#include <string>

#include "tests/support/smtp_site.h"

namespace postern::dialog {

// Throws std::runtime_error for a name that no dialogue may set.
void apply_setting(const std::string& name, const std::string& value, testing::SiteSetup& setup);

}  // namespace postern::dialog
