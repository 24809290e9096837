#include "core/tools/checks/findings.h"

namespace postern::tools {

std::string place_of(const config::Settings& settings, std::string_view parameter) {
  const config::Assignment* set = settings.find_assignment(parameter);
  return set != nullptr ? set->place.describe() : "main.cf";
}

std::vector<SettingsView> all_views(const config::Settings& settings) {
  std::vector<SettingsView> out{{settings, ""}};
  for (const config::ServiceEntry& entry : settings.master().entries()) {
    if (entry.overrides.empty()) continue;
    out.push_back(
        {settings.for_service(entry), fmt::format("{}/{}", entry.name, to_string(entry.type))});
  }
  return out;
}

}  // namespace postern::tools
