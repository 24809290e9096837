// What the privileged delivery process may do, from main.cf and master.cf.
#pragma once

#include "core/config/settings.h"
#include "core/delivery/local/agent_policy.h"

namespace postern::engine {

// Looks users up in the passwd table; blocks.  kNotFound: a user= or default_privs that does not
// exist.
Result<delivery::AgentPolicy> agent_policy(const config::Settings& settings);

// Of a user, optionally "user:group", by name or number.  Blocks.  kNotFound.
Result<delivery::Identity> find_identity(std::string_view user_and_group);

}  // namespace postern::engine
