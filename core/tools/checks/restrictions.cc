// Rules behind one that always decides: what stands there, somebody believes to be in force.

#include "core/config/params.h"
#include "core/tools/checks/findings.h"

namespace postern::tools {
namespace {

bool always_decides(const config::Restriction& rule) {
  if (rule.warn_only) return false;
  for (const std::string_view word : {"permit", "reject", "defer"})
    if (rule.name == word) return true;
  return false;
}

void check_view(const SettingsView& view, Findings& findings) {
  for (const config::Parameter* each : config::all_parameters()) {
    if (each->kind() != config::Kind::kRestrictions) continue;
    // An inherited list is told once, where it is written.
    if (!view.service.empty()) {
      const config::Assignment* set = view.settings.find_assignment(each->name());
      if (set == nullptr || set->place.file.find("master.cf") == std::string::npos) continue;
    }
    const auto& rules = view.settings.get(
        static_cast<const config::TypedParameter<config::RestrictionList>&>(*each));
    for (std::size_t i = 0; i + 1 < rules.size(); ++i) {
      if (!always_decides(rules[i])) continue;
      findings.warning(place_of(view.settings, each->name()), each->name(),
                       "nothing behind {} is ever asked: {} is one of {} such rules", rules[i].name,
                       rules[i + 1].name, rules.size() - i - 1);
      break;
    }
  }
}

}  // namespace

void check_restrictions(const Site& site, Findings& findings) {
  for (const SettingsView& view : all_views(site.settings()))
    check_view(view, findings);
}

}  // namespace postern::tools
