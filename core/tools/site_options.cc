#include "core/tools/site_options.h"

namespace postern::tools {

std::optional<SiteOptions> read_site_options(const Arguments& arguments) {
  SiteOptions out;
  Options options(arguments, "c:");
  for (int option; (option = options.next()) != Options::kEnd;) {
    if (option == 'c')
      out.directory = options.value();
    else if (option == Options::kLong && options.long_name() == "json")
      out.is_json = true;
    else
      return std::nullopt;
  }
  if (!options.rest().empty()) return std::nullopt;
  return out;
}

}  // namespace postern::tools
