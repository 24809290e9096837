// What the spool is made of, from main.cf.  Pure.
#pragma once

#include <string_view>

#include "core/config/settings.h"
#include "core/spool/store.h"

namespace postern::engine {

spool::StoreOptions store_options(const config::Settings& settings);
// queue_minfree, or one and a half times message_size_limit where it is 0: a message that is being
// received when the limit is reached must still fit.
ByteCount minimum_free(const config::Settings& settings);
// "durable", "process", "memory".
std::string_view to_string(spool::Durability durability);

}  // namespace postern::engine
