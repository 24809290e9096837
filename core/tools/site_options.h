// The options of commands that take a site and nothing else: "[-c dir] [--json]".
// Plain value.
#pragma once

#include <optional>
#include <string>

#include "core/tools/options.h"

namespace postern::tools {

inline constexpr std::string_view kSiteUsage = "[-c dir] [--json]";

struct SiteOptions {
  std::optional<std::string> directory;  // -c
  bool is_json = false;                  // --json
};

// nullopt: another option, or a word that is none.
std::optional<SiteOptions> read_site_options(const Arguments& arguments);

}  // namespace postern::tools
