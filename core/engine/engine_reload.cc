// A new configuration in place of the one in force, without dropping a session or a message.
#include "core/base/log.h"
#include "core/config/params.h"
#include "core/engine/engine_parts.h"
#include "core/engine/options/log.h"
#include "core/engine/options/queue.h"
#include "core/engine/options/store.h"

namespace postern::engine {
namespace {
namespace params = config::params;

void note(ReloadOutcome& outcome, log::Level level, std::string line) {
  log::write(level, "master", (level == log::Level::kError ? "error: " : "warning: ") + line);
  outcome.diagnostics.push_back(std::move(line));
}

// What takes a restart, and has changed.
std::vector<std::string> waiting_for_restart(const config::Settings& before,
                                             const config::Settings& after) {
  std::vector<std::string> out;
  for (const config::Parameter* parameter : config::all_parameters())
    if (!parameter->spec().reloadable &&
        before.expanded(parameter->name()) != after.expanded(parameter->name()))
      out.emplace_back(parameter->name());
  return out;
}

}  // namespace

void Engine::Parts::apply_limits(const config::Settings& settings) {
  memory.set_limit(settings.get(params::memory_budget).value);
  connections.set_limit(static_cast<std::uint64_t>(
      std::max<std::int64_t>(1, settings.get(params::connection_limit))));
  gate->set_limits({minimum_free(settings), settings.get(params::queue_inode_minfree).value,
                    static_cast<std::uint64_t>(settings.get(params::queue_message_limit))});
}

ReloadOutcome Engine::Parts::reload() {
  const std::lock_guard lock(reload_mutex);
  ReloadOutcome outcome;
  const auto refuse = [&](std::string why) {
    note(outcome, log::Level::kError, std::move(why));
    log::error("master", "reload refused: the configuration in force stays");
    log::flush();
    return outcome;
  };
  if (is_stopped) return refuse("the engine is stopping");
  config::Loaded loaded = options.load();
  for (const config::Diagnostic& each : loaded.diagnostics.items())
    note(outcome,
         each.severity == config::Severity::kError ? log::Level::kError : log::Level::kWarning,
         each.describe());
  if (!loaded.settings)
    return refuse(
        fmt::format("{} errors in {}", loaded.diagnostics.error_count(), options.config_directory));
  const config::Settings settings = *loaded.settings;
  auto logging = log_options(settings);
  if (!logging) return refuse(logging.error().describe());
  auto wanted_queue = queue_options(settings);
  if (!wanted_queue) return refuse(wanted_queue.error().describe());
  auto planned = plan_listeners(settings);
  if (!planned) return refuse(planned.error().describe());
  // Sockets that are bound for nothing close again where something below refuses.
  auto bound = ListenerSet::bind(*planned, listeners->sockets());
  if (!bound) return refuse(bound.error().describe());
  std::vector<std::uint16_t> ports;
  for (const ListenerSet::Socket& socket : *bound)
    if (socket.fd)
      if (const auto address = net::local_address(socket.fd->get()))
        ports.push_back(address->port());
  auto made = make_site(settings, site_resources(), *planned, std::move(ports));
  if (!made) return refuse(made.error().describe());
  if (auto configured = log::configure(*logging); !configured)
    return refuse(configured.error().describe());

  // From here on nothing fails.
  for (const std::string& name : waiting_for_restart(site->settings, settings))
    note(outcome, log::Level::kWarning, name + ": takes effect at the next start");
  const auto old = std::exchange(site, std::move(*made));
  plans = std::move(*planned);
  policy.set(site->policy);
  transports.set(site->transports);
  old->transports->close_idle();
  listeners->apply(std::move(*bound), site->servers);
  apply_limits(settings);
  mail_queue->reconfigure(std::move(*wanted_queue));
  gauges.reload_time.SetToCurrentTime();
  outcome.is_applied = true;
  log::info("master", "reload -- version {}, configuration {}", settings.get(params::mail_version),
            options.config_directory);
  log::flush();
  return outcome;
}

}  // namespace postern::engine
