#include "core/config/name_check.h"

namespace postern::config {

void check_names(const Settings&, Diagnostics&) {}

}  // namespace postern::config
