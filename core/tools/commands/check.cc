// postern check: everything that can be known to be wrong with a site before it runs.  Exit status
// 0 where there is no error (warnings may be there), 78 where there is one.

#include <nlohmann/json.hpp>

#include "core/tools/checks/findings.h"
#include "core/tools/commands.h"
#include "core/tools/queue_text.h"
#include "core/tools/site_options.h"

namespace postern::tools {
namespace {

void tell(const Io& io, const Findings& findings, bool is_json) {
  for (const Finding& each : findings.items()) {
    if (is_json) {
      const nlohmann::ordered_json out{{"severity", each.is_error ? "error" : "warning"},
                                       {"place", printable(each.place)},
                                       {"parameter", printable(each.about)},
                                       {"text", printable(each.text)}};
      print(io, "{}\n", out.dump());
    } else {
      print(io, "{}{}{}: {}{}{}\n", printable(each.place), each.place.empty() ? "" : ": ",
            each.is_error ? "error" : "warning", printable(each.about),
            each.about.empty() ? "" : ": ", printable(each.text));
    }
  }
  if (!is_json)
    print(io, "{} error{}, {} warning{}\n", findings.errors(), findings.errors() == 1 ? "" : "s",
          findings.warnings(), findings.warnings() == 1 ? "" : "s");
}

}  // namespace

int run_check(const Io& io, std::string_view called_as, const Arguments& arguments) {
  const auto options = read_site_options(arguments);
  if (!options) return usage(io, called_as, kSiteUsage);
  const auto site = open_site(options->directory);
  if (!site) {
    fail_with(io, called_as, site.error());
    return EX_CONFIG;
  }
  Findings findings;
  for (const config::Diagnostic& each : site->loaded.diagnostics.items())
    findings.add({each.severity == config::Severity::kError, each.place.describe(), each.parameter,
                  each.text});
  check_tables(*site, findings);
  check_file_rights(*site, findings);
  check_certificates(*site, findings);
  check_names(*site, findings);
  check_restrictions(*site, findings);
  check_queue(*site, findings);
  tell(io, findings, options->is_json);
  return findings.errors() == 0 ? EX_OK : EX_CONFIG;
}

}  // namespace postern::tools
