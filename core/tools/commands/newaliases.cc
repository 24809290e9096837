// newaliases, sendmail -bi and -I: builds every table of alias_database.

#include "core/config/params.h"
#include "core/maps/map_build.h"
#include "core/tools/commands.h"
#include "core/tools/options.h"
#include "core/tools/site.h"

namespace postern::tools {

int run_newaliases(const Io& io, std::string_view called_as, const Arguments& arguments) {
  std::optional<std::string> directory, only;
  Options options(arguments, "C:c:o;bvIi");
  for (int option; (option = options.next()) != Options::kEnd;) {
    if (option == 'C' || option == 'c') directory = options.value();
    if (option == 'o' && options.value().starts_with('A')) only = options.value().substr(1);
  }
  const auto site = open_site(directory);
  if (!site) return fail_with(io, called_as, site.error());
  std::vector<std::string> tables;
  if (only) {
    tables.push_back(only->find(':') != only->npos
                         ? *only
                         : site->settings().get(config::params::default_database_type) + ":" +
                               *only);
  } else {
    for (const config::TableName& each : site->settings().get(config::params::alias_database))
      tables.push_back(each.spelled());
  }
  maps::MapBuildOptions build;
  build.tables.syntax = maps::SourceSyntax::kAliases;
  for (const std::string& table : tables) {
    const auto report = maps::build_map(table, build);
    if (!report) return fail_with(io, called_as, report.error());
    for (const std::string& each : report->warnings)
      warn(io, called_as, "{}", each);
  }
  return EX_OK;
}

}  // namespace postern::tools
