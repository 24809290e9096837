// The verbs that change the queue, as `postern` and Postfix's commands share them.
#pragma once

#include "core/tools/admin_client.h"
#include "core/tools/command.h"
#include "core/tools/site.h"

namespace postern::tools {

// Only a running engine can change the queue: it owns the spool.
Result<VerbCount> apply_verb(const Site& site, QueueVerb verb, const Which& which);
// "Deleted: 3 messages", as postsuper says it.
std::string told(QueueVerb verb, const VerbCount& count);

}  // namespace postern::tools
