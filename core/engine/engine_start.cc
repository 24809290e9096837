// From a configuration to a running engine.
#include "core/base/log.h"
#include "core/config/params.h"
#include "core/config/site_paths.h"
#include "core/delivery/local/agent_client.h"
#include "core/delivery/local/direct_runner.h"
#include "core/engine/engine_parts.h"
#include "core/engine/mount_type.h"
#include "core/engine/options/agent.h"
#include "core/engine/options/log.h"
#include "core/engine/options/queue.h"
#include "core/engine/options/smtp_client.h"
#include "core/engine/options/store.h"
#include "core/net/post_batch.h"

namespace postern::engine {
namespace {
namespace params = config::params;

// Local deliveries wait for fsync and for commands: many more at a time than there are cores.  The
// queue's process limits are below it.
constexpr std::size_t kDeliveryThreads = 64;
constexpr std::chrono::milliseconds kTick{1000};

std::size_t positive(std::int64_t value) {
  return static_cast<std::size_t>(std::max<std::int64_t>(value, 0));
}

void log_diagnostics(const config::Diagnostics& diagnostics) {
  for (const config::Diagnostic& each : diagnostics.items()) {
    if (each.severity == config::Severity::kError)
      log::error("posternd", "{}", each.describe());
    else
      log::warning("posternd", "{}", each.describe());
  }
}

std::vector<uid_t> admin_users(const config::Settings& settings) {
  std::vector<uid_t> out;
  for (const std::string& name : settings.get(params::admin_users))
    // A site without the user runs as somebody else; it needs no entry for itself.
    if (const auto identity = find_identity(name)) out.push_back(identity->uid);
  return out;
}

}  // namespace

Result<void> Engine::Parts::start() {
  config::Loaded loaded = options.load();
  if (!loaded.settings) {
    log_diagnostics(loaded.diagnostics);
    return fail(ErrorKind::kInvalid, "the configuration in {} has {} errors",
                options.config_directory, loaded.diagnostics.error_count());
  }
  const config::Settings settings = *loaded.settings;
  if (auto done = prepare_process(settings); !done) return done;
  log_diagnostics(loaded.diagnostics);
  if (auto done = open_spool(settings); !done) return done;
  if (auto done = make_queue(settings); !done) return done;
  return open_doors(settings);
}

// Everything that may need root, and what must be done before there are threads.
Result<void> Engine::Parts::prepare_process(const config::Settings& settings) {
  auto user = decide_user(settings);
  if (!user) return std::unexpected(user.error());
  run_as = *user;
  auto logging = log_options(settings);
  if (!logging) return std::unexpected(logging.error());
  if (auto done = prepare_log_file(logging->file, run_as); !done) return done;
  if (auto done = log::configure(*logging); !done) return done;
  if (auto done = prepare_directories(settings, run_as); !done) return done;
  auto policy_of_agent = agent_policy(settings);
  if (!policy_of_agent) return std::unexpected(policy_of_agent.error());
  auto planned = plan_listeners(settings);
  if (!planned) return std::unexpected(planned.error());
  plans = std::move(*planned);
  if (run_as.is_root) {
    auto started_agent = delivery::start_agent(*policy_of_agent);
    if (!started_agent) return std::unexpected(started_agent.error());
    agent.pid = started_agent->pid;
    runner = std::make_shared<delivery::AgentClient>(std::move(started_agent->channel),
                                                     std::move(*policy_of_agent));
    if (auto files = KeyReader::files_of(settings); !files.empty()) {
      auto reading = KeyReader::start(std::move(files), run_as.identity.uid);
      if (!reading) return std::unexpected(reading.error());
      keys = std::move(*reading);
    }
  } else {
    runner = std::make_shared<delivery::DirectRunner>(std::move(*policy_of_agent));
  }
  auto bound = ListenerSet::bind(plans, {});
  if (!bound) return std::unexpected(bound.error());
  sockets = std::move(*bound);
  return drop_rights(run_as);
}

Result<void> Engine::Parts::open_spool(const config::Settings& settings) {
  spool::StoreOptions wanted = store_options(settings);
  wanted.answer_together = [](const std::function<void()>& answers) {
    const net::PostBatch together;
    answers();
  };
  spool::FileSystem& fs = spool::FileSystem::posix();
  const bool is_on_disk = wanted.durability != spool::Durability::kMemory;
  durability = to_string(wanted.durability);
  if (is_on_disk) {
    if (auto settled =
            settle_taken_files(config::maildrop_directory(settings), fs, wanted.directory);
        !settled)
      return settled;
  }
  auto opened = spool::Store::open(fs, wanted);
  if (!opened) return std::unexpected(opened.error());
  mail_store = std::move(*opened);
  gate = std::make_unique<AdmissionGate>(*mail_store, fs, is_on_disk ? wanted.directory : "");
  log::info("posternd", "queue_durability={}, file system {}, spool {}", durability,
            is_on_disk ? mount_type(wanted.directory) : "none", wanted.directory);
  return {};
}

SiteResources Engine::Parts::site_resources() {
  return {{*sink, clients, memory, connections, *lookup_pool, peer_names.get(), Clock::system(),
           &is_stressed},
          *resolver,
          *delivery_pool,
          *lookup_pool,
          runner,
          notifier,
          keys.get()};
}

Result<void> Engine::Parts::make_queue(const config::Settings& settings) {
  const std::size_t threads = positive(settings.get(params::file_worker_threads));
  queue_pool = std::make_unique<net::BlockingPool>(threads, SIZE_MAX);
  lookup_pool = std::make_unique<net::BlockingPool>(threads);
  delivery_pool = std::make_unique<net::BlockingPool>(kDeliveryThreads);
  loops = std::make_unique<net::LoopPool>(positive(settings.get(params::worker_loops)));
  queue_loop = std::make_unique<net::Loop>();
  executor = std::make_unique<LoopExecutor>(*queue_loop);
  background = std::make_unique<PoolBackground>(*queue_pool);
  auto resolving = dns::Resolver::make(resolver_options(settings));
  if (!resolving) return std::unexpected(resolving.error());
  resolver = std::move(*resolving);
  peer_names = std::make_unique<DnsPeerNames>(*resolver);
  intake = std::make_unique<Intake>(*mail_store, policy, *lookup_pool);
  notifier = std::make_shared<SpoolNotifier>(*intake, policy, *lookup_pool);
  router = std::make_unique<DirectoryRouter>(policy, *lookup_pool);
  transport_runner = std::make_unique<TransportRunner>(*loops, transports);
  auto wanted = queue_options(settings);
  if (!wanted) return std::unexpected(wanted.error());
  mail_queue = std::make_unique<queue::Queue>(
      std::move(*wanted), queue::Collaborators{*mail_store, *transport_runner, *router, *notifier,
                                               *executor, *background});
  intake->attach(*mail_queue, *notifier);
  sink = std::make_unique<SpoolSink>(*intake, *gate);
  return {};
}

Result<void> Engine::Parts::open_doors(const config::Settings& settings) {
  std::vector<std::uint16_t> ports;
  for (const ListenerSet::Socket& socket : sockets)
    if (socket.fd)
      if (const auto address = net::local_address(socket.fd->get()))
        ports.push_back(address->port());
  apply_limits(settings);
  gate->refresh();
  sessions = std::make_unique<Sessions>(*loops);
  listeners = std::make_unique<ListenerSet>(*loops, *sessions);
  auto made = make_site(settings, site_resources(), plans, std::move(ports));
  if (!made) return std::unexpected(made.error());
  site = std::move(*made);
  policy.set(site->policy);
  transports.set(site->transports);

  loops->start("smtp");
  queue_loop->start("queue");
  mail_queue->start([this](Result<spool::Recovery> recovery) {
    if (!recovery)
      return log::error("qmgr", "the queue is not whole: {}", recovery.error().describe());
    corrupt_records = recovery->corrupt_records;
    log::info("qmgr", "queue loaded: {} messages, {} torn tails cut, {} corrupt records set aside",
              recovery->messages, recovery->torn_tails, recovery->corrupt_records);
  });
  listeners->apply(std::exchange(sockets, {}), site->servers);
  maildrop = std::make_unique<Maildrop>(config::maildrop_directory(settings), *intake, policy);
  if (auto watching = maildrop->start(); !watching) return watching;

  if (const std::string path = config::admin_socket_path(settings); !path.empty()) {
    AdminOptions admin_options;
    admin_options.socket_path = path;
    admin_options.changers = admin_users(settings);
    admin_options.reader_group = run_as.setgid_group;
    admin_options.socket_group = run_as.setgid_group;
    auto serving = AdminService::start(*this, std::move(admin_options));
    if (!serving) return std::unexpected(serving.error());
    admin = std::move(*serving);
  }
  if (const std::string& listen = settings.get(params::metrics_listen); !listen.empty()) {
    auto serving = MetricsServer::start(listen);
    if (!serving) return std::unexpected(serving.error());
    metrics_server = std::move(*serving);
  }
  gauges.reload_time.SetToCurrentTime();
  ticker = std::make_unique<Ticker>(kTick, [this] { tick(); });
  log::info("master", "daemon started -- version {}, configuration {}",
            settings.get(params::mail_version), options.config_directory);
  log::flush();
  return {};
}

}  // namespace postern::engine
