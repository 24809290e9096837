// postern lanes: what runs to which destination, and which is taken for dead.

#include <nlohmann/json.hpp>

#include "core/tools/admin_client.h"
#include "core/tools/commands.h"
#include "core/tools/queue_text.h"
#include "core/tools/site.h"
#include "core/tools/site_options.h"

namespace postern::tools {

int run_lanes(const Io& io, std::string_view called_as, const Arguments& arguments) {
  const auto options = read_site_options(arguments);
  if (!options) return usage(io, called_as, kSiteUsage);
  const auto site = open_site(options->directory);
  if (!site) return fail_with(io, called_as, site.error());
  const auto client = AdminClient::connect(site->admin_socket);
  if (!client) return fail_with(io, called_as, client.error());
  const auto lanes = (*client)->lanes();
  if (!lanes) return fail_with(io, called_as, lanes.error());
  if (!options->is_json)
    print(io, "{:<10} {:<32} {:>5} {:>5} {:>6} {:>7} {:>8}  {}\n", "transport", "site", "busy",
          "limit", "window", "waiting", "messages", "state");
  for (const LaneView& lane : *lanes) {
    if (options->is_json) {
      nlohmann::ordered_json out{{"transport", printable(lane.transport)},
                                 {"site", printable(lane.site)},
                                 {"busy", lane.busy},
                                 {"limit", lane.limit},
                                 {"concurrency", lane.concurrency},
                                 {"queued_jobs", lane.queued_jobs},
                                 {"messages", lane.messages},
                                 {"parked", lane.parked},
                                 {"is_dead", lane.is_dead},
                                 {"last_failure", printable(lane.last_failure)}};
      print(io, "{}\n", out.dump());
      continue;
    }
    std::string state = "live";
    if (lane.is_dead)
      state = fmt::format("dead until {} ({})", local_time(lane.dead_until),
                          printable(lane.last_failure));
    print(io, "{:<10} {:<32} {:>5} {:>5} {:>6} {:>7} {:>8}  {}\n", printable(lane.transport),
          printable(lane.site), lane.busy, lane.limit, lane.concurrency, lane.queued_jobs,
          lane.messages, state);
  }
  return EX_OK;
}

}  // namespace postern::tools
