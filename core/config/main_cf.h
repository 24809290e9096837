// main.cf as written: the assignments in order, unexpanded.  What the values mean is not known
// here (settings.h); -o overrides of master.cf have the same form.
// Pure; a value type.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/diagnostics.h"
#include "core/config/logical_lines.h"

namespace postern::config {

struct Assignment {
  std::string name;
  std::string value;  // unexpanded
  SourcePlace place;
};

class MainCf {
 public:
  // Parses `text`; `file` is its name in messages.  Faulty lines are reported and left out; a name
  // set twice takes the last value, with a warning that names both lines.
  static MainCf parse(std::string_view text, const std::string& file, Diagnostics& diagnostics,
                      const FileLimits& limits = {});

  // Sets `name` as if a file had; for what the command line decides.
  void set_from_outside(std::string name, std::string value);

  // Every assignment that counts: each name once, in the order of the file.
  const std::vector<Assignment>& assignments() const { return assignments_; }
  // The one for `name`, or null.
  const Assignment* find(std::string_view name) const;

 private:
  std::vector<Assignment> assignments_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

}  // namespace postern::config
