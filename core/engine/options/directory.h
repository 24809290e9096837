// What the recipient directory is made of, from main.cf.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/config/settings.h"
#include "core/routing/directory_options.h"

namespace postern::engine {

// `own_addresses`: of interfaces.h.  Pure.
routing::DirectoryOptions directory_options(const config::Settings& settings,
                                            std::vector<std::string> own_addresses);

// Whether a look-up of the directory may wait for something: the name service, a database file that
// is not in memory.  Then it is done on the blocking pool.  `names`: parameters to look at.
bool may_block(const config::Settings& settings, std::initializer_list<std::string_view> names);
// Of Directory::destination and Directory::expand.
bool routing_may_block(const config::Settings& settings);
bool expansion_may_block(const config::Settings& settings);

}  // namespace postern::engine
