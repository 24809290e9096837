// Opens every table that the configuration names, once each.

#include <set>

#include "core/config/params.h"
#include "core/maps/table.h"
#include "core/tools/checks/findings.h"

namespace postern::tools {
namespace {

class TableCheck {
 public:
  explicit TableCheck(Findings& findings) : findings_(findings) {}

  void open(const std::string& name, const std::string& place, std::string_view parameter,
            bool is_aliases) {
    if (!seen_.insert(name).second) return;
    maps::TableOptions options;
    if (is_aliases) options.syntax = maps::SourceSyntax::kAliases;
    if (const auto table = maps::open_table(name, options); !table)
      findings_.error(place, parameter, "{}: {}", name, table.error().describe());
  }

 private:
  Findings& findings_;
  std::set<std::string> seen_;
};

// Of a list, the words that are tables: "hash:/etc/x", "!cidr:/y".  Not [::1], not 10.0.0.0/8,
// not host:port.
std::optional<std::string> table_in_list(std::string_view word) {
  if (word.starts_with('!')) word.remove_prefix(1);
  const std::size_t colon = word.find(':');
  if (colon == word.npos || colon == 0 || colon + 1 == word.size()) return std::nullopt;
  const std::string_view name = word.substr(colon + 1);
  for (const char c : word.substr(0, colon))
    if (c < 'a' || c > 'z') return std::nullopt;
  if (!name.starts_with('/') && !name.starts_with('{') && !name.starts_with("unix:") &&
      word.substr(0, colon) != "proxy" && word.substr(0, colon) != "static" &&
      word.substr(0, colon) != "inline" && word.substr(0, colon) != "unix")
    return std::nullopt;
  return std::string(word);
}

// A table that several parameters share is told once, so those that own tables come before lists
// that inherit them ($virtual_alias_maps in virtual_alias_domains).
void check_view(const SettingsView& view, config::Kind kind, TableCheck& check) {
  for (const config::Parameter* each : config::all_parameters()) {
    if (each->kind() != kind) continue;
    const std::string place = place_of(view.settings, each->name());
    if (each->kind() == config::Kind::kTables) {
      const auto& typed = static_cast<const config::TypedParameter<config::TableList>&>(*each);
      const bool is_aliases = each->name() == "alias_maps" || each->name() == "alias_database";
      for (const config::TableName& table : view.settings.get(typed))
        check.open(table.spelled(), place, each->name(), is_aliases);
    } else if (each->kind() == config::Kind::kList) {
      const auto& typed = static_cast<const config::TypedParameter<config::StringList>&>(*each);
      for (const std::string& word : view.settings.get(typed))
        if (const auto table = table_in_list(word)) check.open(*table, place, each->name(), false);
    } else if (each->kind() == config::Kind::kRestrictions) {
      const auto& typed =
          static_cast<const config::TypedParameter<config::RestrictionList>&>(*each);
      for (const config::Restriction& rule : view.settings.get(typed))
        if (rule.name.starts_with("check_") && rule.name.ends_with("_access"))
          check.open(rule.argument, place, each->name(), false);
    }
  }
}

}  // namespace

void check_tables(const Site& site, Findings& findings) {
  TableCheck check(findings);
  for (const SettingsView& view : all_views(site.settings()))
    for (const config::Kind kind :
         {config::Kind::kTables, config::Kind::kRestrictions, config::Kind::kList})
      check_view(view, kind, check);
}

}  // namespace postern::tools
