// From a directory (or texts) to Settings, with everything that is wrong or not done told at once.
// Blocking: reads files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/diagnostics.h"
#include "core/config/environment.h"
#include "core/config/settings.h"

namespace postern::config {

struct Loaded {
  // Empty when diagnostics has errors: such a configuration must not be used.
  std::optional<Settings> settings;
  // The same with defaults in place of what is faulty, for tools that only show.
  Settings tolerant;
  Diagnostics diagnostics;
};

struct LoadOptions {
  FileLimits limits;
  // Of -o on the command line: as if they stood at the end of main.cf.
  std::vector<std::pair<std::string, std::string>> overrides;
  bool need_master_cf = true;  // false: without the file, MasterCf::built_in() counts
};

// `directory`: holds main.cf and master.cf.
Loaded load_directory(const std::string& directory, const Environment& environment,
                      const LoadOptions& options = {});
Loaded load_directory(const std::string& directory);

// The same from texts, for tests and tools.  master nullopt: built_in().
Loaded load_texts(std::string_view main, std::optional<std::string_view> master,
                  const Environment& environment, const LoadOptions& options = {});

}  // namespace postern::config
