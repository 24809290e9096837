// Who the engine runs as.  Started by root, it binds its ports, starts the privileged delivery
// process and then becomes mail_owner for good; started by anybody else, everything is that user's.
// Before threads: rights are the process's, not a thread's.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/config/settings.h"
#include "core/delivery/local/order.h"

namespace postern::engine {

struct RunAs {
  bool is_root = false;               // the process has rights to give up
  delivery::Identity identity;        // who it will be
  std::optional<gid_t> setgid_group;  // of the maildrop; only as root
};

// kNotFound: mail_owner or setgid_group does not exist; kPermission: mail_owner is root.
Result<RunAs> decide_user(const config::Settings& settings);

// Makes the directories below queue_directory that are missing, with their owners and modes.
Result<void> prepare_directories(const config::Settings& settings, const RunAs& run_as);
// Makes the log file where it is missing, so that the user can write to it later on.
Result<void> prepare_log_file(const std::string& file, const RunAs& run_as);

// Gives up root: groups, gid, uid, in that order, proves that there is no way back, and forbids
// set-user-id programs (PR_SET_NO_NEW_PRIVS).  Does only the last where the process is not root.
Result<void> drop_rights(const RunAs& run_as);

}  // namespace postern::engine
