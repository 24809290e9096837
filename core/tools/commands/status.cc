// postern status: whether the engine runs and how it is; when it is down, what waits on the disk.
// Exit status 0: it runs and takes mail; 69: it is down; 75: it runs but can't take mail now.

#include <nlohmann/json.hpp>

#include "core/tools/commands.h"
#include "core/tools/queue_source.h"
#include "core/tools/queue_text.h"
#include "core/tools/site_options.h"

namespace postern::tools {
namespace {

constexpr std::size_t kMaxMaildrop = 1'000'000;

int tell_down(const Io& io, std::string_view called_as, const Site& site, bool is_json) {
  const auto view = spool::SpoolView::open(spool::FileSystem::posix(), site.spool_directory);
  if (!view && view.error().kind != ErrorKind::kNotFound)
    return fail_with(io, called_as, view.error());
  const std::size_t queued = view ? view->size() : 0;
  // Its directory is closed to most users; then the number is not told.
  const auto dropped = mail::list_submissions(site.maildrop, kMaxMaildrop);
  if (is_json) {
    nlohmann::ordered_json out{{"is_running", false}, {"queued", queued}};
    if (dropped) out["maildrop"] = dropped->ready.size();
    print(io, "{}\n", out.dump());
  } else {
    print(io, "engine:      down (nobody answers at {})\nqueued:      {}\n", site.admin_socket,
          queued);
    if (dropped) print(io, "maildrop:    {}\n", dropped->ready.size());
  }
  return EX_UNAVAILABLE;
}

}  // namespace

int run_status(const Io& io, std::string_view called_as, const Arguments& arguments) {
  const auto options = read_site_options(arguments);
  if (!options) return usage(io, called_as, kSiteUsage);
  const auto site = open_site(options->directory);
  if (!site) return fail_with(io, called_as, site.error());
  const auto client = AdminClient::connect(site->admin_socket);
  if (!client && client.error().kind == ErrorKind::kUnavailable)
    return tell_down(io, called_as, *site, options->is_json);
  if (!client) return fail_with(io, called_as, client.error());
  const auto status = (*client)->status();
  if (!status) return fail_with(io, called_as, status.error());
  if (options->is_json) {
    const nlohmann::ordered_json out{
        {"is_running", true},
        {"version", status->version},
        {"process_id", status->process_id},
        {"started", std::chrono::system_clock::to_time_t(status->started)},
        {"config_directory", status->config_directory},
        {"queue_directory", status->queue_directory},
        {"durability", status->durability},
        {"is_accepting", status->is_accepting},
        {"is_loaded", status->is_loaded},
        {"waiting", status->waiting},
        {"active", status->active},
        {"held", status->held},
        {"sessions", status->sessions},
        {"lanes", status->lanes},
        {"attempts", status->attempts},
        {"content_octets", status->content_octets},
        {"corrupt_records", status->corrupt_records}};
    print(io, "{}\n", out.dump());
  } else {
    print(io, "engine:      {} running since {}, process {}\n", status->version,
          local_time(status->started), status->process_id);
    print(io, "directories: {}, {}\n", status->config_directory, status->queue_directory);
    print(io, "durability:  {}\n", status->durability);
    print(io, "mail:        {}\n",
          status->is_accepting ? "accepted" : "refused for now: the spool can't take it");
    print(io, "queue:       {} waiting, {} active, {} held{}\n", status->waiting, status->active,
          status->held, status->is_loaded ? "" : " (still loading)");
    print(io, "sessions:    {}\nlanes:       {}\ndeliveries:  {}\n", status->sessions,
          status->lanes, status->attempts);
    print(io, "memory:      {} octets of mail data\n", status->content_octets);
    if (status->corrupt_records > 0)
      print(io, "damage:      {} records set aside; postern queue corrupt lists them\n",
            status->corrupt_records);
  }
  return status->is_accepting ? EX_OK : EX_TEMPFAIL;
}

}  // namespace postern::tools
