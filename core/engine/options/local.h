// What the transports that deliver on this host are made of, from main.cf under the -o overrides of
// their master.cf lines.  Each opens tables and looks users up: blocks.
#pragma once

#include "core/base/result.h"
#include "core/config/settings.h"
#include "core/delivery/local_transport.h"
#include "core/delivery/pipe_transport.h"
#include "core/delivery/virtual_transport.h"

namespace postern::engine {

Result<delivery::LocalOptions> local_options(const config::Settings& view,
                                             const config::ServiceEntry& entry);
Result<delivery::VirtualOptions> virtual_options(const config::Settings& view,
                                                 const config::ServiceEntry& entry);
Result<delivery::PipeOptions> pipe_options(const config::Settings& view,
                                           const config::ServiceEntry& entry);

}  // namespace postern::engine
