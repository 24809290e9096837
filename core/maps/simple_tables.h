// The tables that hold nothing themselves: static:, fail:, unix:passwd.byname, unix:group.byname,
// environ:, and the ones made of others, unionmap:, pipemap:, randmap:.
// Thread-safe.
#pragma once

#include <string_view>
#include <vector>

#include "core/maps/table.h"

namespace postern::maps {

// Every key finds `value`.
TablePtr make_static_table(std::string value);
// Every lookup is an error; for tests of what depends on a table that is down.
TablePtr make_fail_table(std::string name);
// `name`: "passwd.byname" or "group.byname"; values in the form of passwd(5) and group(5).  Asks
// the name service switch, so a lookup can block.  kInvalid for any other name.
Result<TablePtr> make_unix_table(std::string_view name);
// The value of the environment variable that the key names.
TablePtr make_environment_table();

enum class Combination {
  kUnion,  // what all of them find, joined by commas
  kPipe,   // what one finds is the key for the next
};
TablePtr make_combined_table(Combination how, std::vector<TablePtr> members,
                             std::size_t max_result_bytes);
TablePtr make_random_table(std::vector<std::string> values);

}  // namespace postern::maps
