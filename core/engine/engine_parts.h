// What an engine consists of, in the order in which the parts are made; for engine*.cc only.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>

#include "core/delivery/local/agent.h"
#include "core/engine/admission.h"
#include "core/engine/current.h"
#include "core/engine/directory_router.h"
#include "core/engine/dns_peer_names.h"
#include "core/engine/engine.h"
#include "core/engine/engine_gauges.h"
#include "core/engine/intake.h"
#include "core/engine/key_reader.h"
#include "core/engine/listener_set.h"
#include "core/engine/maildrop.h"
#include "core/engine/metrics_server.h"
#include "core/engine/privileges.h"
#include "core/engine/queue_threads.h"
#include "core/engine/site.h"
#include "core/engine/spool_notifier.h"
#include "core/engine/spool_sink.h"
#include "core/engine/ticker.h"
#include "core/engine/transport_runner.h"

namespace postern::engine {

class Engine::Parts final : public AdminBackend {
 public:
  explicit Parts(EngineOptions engine_options) : options(std::move(engine_options)) {}

  // engine.cc
  Result<void> start();
  // engine_start.cc
  Result<void> prepare_process(const config::Settings& settings);
  Result<void> open_spool(const config::Settings& settings);
  Result<void> make_queue(const config::Settings& settings);
  Result<void> open_doors(const config::Settings& settings);
  SiteResources site_resources();
  // engine_reload.cc
  ReloadOutcome reload() override;
  void apply_limits(const config::Settings& settings);
  // engine_stop.cc
  void stop();
  void tick();

  queue::Queue& queue() override { return *mail_queue; }
  spool::Store& store() override { return *mail_store; }
  EngineStatus status() override;

  const EngineOptions options;
  const WallTime started = Clock::system().wall();

  // Before rights are given up.
  RunAs run_as;
  delivery::AgentHandle agent;
  std::shared_ptr<delivery::OrderRunner> runner;
  std::unique_ptr<KeyReader> keys;  // null where the engine was not started by root
  std::vector<BindPlan> plans;      // points into the settings of `site`
  std::vector<ListenerSet::Socket> sockets;

  // The spool, and what may block.
  std::unique_ptr<spool::Store> mail_store;
  std::unique_ptr<AdmissionGate> gate;
  std::unique_ptr<net::BlockingPool> queue_pool;     // the queue's reads
  std::unique_ptr<net::BlockingPool> lookup_pool;    // tables, name service, reports
  std::unique_ptr<net::BlockingPool> delivery_pool;  // mailboxes and commands

  // The configuration in force.
  std::mutex reload_mutex;
  std::shared_ptr<const Site> site;
  Current<MailPolicy> policy;
  Current<Transports> transports;

  // Mail.
  std::unique_ptr<net::LoopPool> loops;
  std::unique_ptr<net::Loop> queue_loop;
  std::unique_ptr<LoopExecutor> executor;
  std::unique_ptr<PoolBackground> background;
  std::unique_ptr<dns::Resolver> resolver;
  std::unique_ptr<DnsPeerNames> peer_names;
  std::unique_ptr<Intake> intake;
  std::shared_ptr<SpoolNotifier> notifier;
  std::unique_ptr<DirectoryRouter> router;
  std::unique_ptr<TransportRunner> transport_runner;
  std::unique_ptr<queue::Queue> mail_queue;
  std::unique_ptr<SpoolSink> sink;

  // Sessions.
  server::ClientTable clients;
  net::Budget memory{0};
  net::Budget connections{0};
  std::atomic<bool> is_stressed{false};
  std::unique_ptr<Sessions> sessions;
  std::unique_ptr<ListenerSet> listeners;
  std::unique_ptr<Maildrop> maildrop;
  std::unique_ptr<AdminService> admin;
  std::unique_ptr<MetricsServer> metrics_server;
  EngineGauges gauges;
  std::unique_ptr<Ticker> ticker;

  std::atomic<std::uint64_t> corrupt_records{0};
  std::string durability;
  bool is_stopped = false;
};

}  // namespace postern::engine
