// Site: everything that is made of one configuration: who lives here, the transports, and what each
// listener's sessions are told.  Made as a whole, so that a reload either has all of it or changes
// nothing.  Immutable.
#pragma once

#include <memory>
#include <vector>

#include "core/engine/interfaces.h"
#include "core/engine/key_reader.h"
#include "core/engine/mail_policy.h"
#include "core/engine/transports.h"
#include "core/server/server_site.h"

namespace postern::engine {

struct Site {
  config::Settings settings;
  std::shared_ptr<const MailPolicy> policy;
  std::shared_ptr<const Transports> transports;
  std::vector<std::shared_ptr<const server::ServerSite>> servers;  // one for each BindPlan
};

// What sites of all configurations share; outlives them.
struct SiteResources {
  server::ServerResources server;
  dns::Resolver& resolver;
  net::BlockingPool& delivery_pool;
  net::BlockingPool& lookup_pool;
  std::shared_ptr<delivery::OrderRunner> runner;
  std::shared_ptr<delivery::Forwarder> forwarder;
  KeyReader* keys = nullptr;  // null: this process can read what it needs
};

// `plans`: of plan_listeners(settings).  `ports`: those that they are bound to.  Blocks: opens
// every table and certificate.
Result<std::shared_ptr<const Site>> make_site(const config::Settings& settings,
                                              const SiteResources& with,
                                              const std::vector<BindPlan>& plans,
                                              std::vector<std::uint16_t> ports);

// Whether a site could be made of `settings`, for `posternd --check`: opens what make_site() opens,
// and keeps nothing.
Result<void> check_site(const config::Settings& settings);

}  // namespace postern::engine
