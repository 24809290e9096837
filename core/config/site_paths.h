// Where a site keeps what: the directories below queue_directory that engine and tools agree on.
// Pure.
#pragma once

#include <string>

#include "core/config/settings.h"

namespace postern::config {

// The spool of core/spool: belongs to the engine's user alone.
std::string spool_directory(const Settings& settings);
// Messages that sendmail(1) has written for the engine to pick up; setgid_group may write there.
std::string maildrop_directory(const Settings& settings);
// admin_socket, made absolute; "" where it is switched off.
std::string admin_socket_path(const Settings& settings);
// `name`, below queue_directory where it is relative.
std::string below_queue_directory(const Settings& settings, const std::string& name);

}  // namespace postern::config
