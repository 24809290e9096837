// Transports: one object for each transport line of master.cf, by name.  Made from one
// configuration, replaced as a whole by a reload; attempts under way keep theirs.
// Immutable; thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/config/settings.h"
#include "core/delivery/forwarder.h"
#include "core/delivery/local/order.h"
#include "core/delivery/transport.h"
#include "core/dns/resolver.h"
#include "core/engine/options/smtp_client.h"
#include "core/net/blocking_pool.h"
#include "core/routing/directory.h"

namespace postern::engine {

// What transports work with; all but the directory outlive every attempt.
struct TransportResources {
  dns::Resolver& resolver;
  net::BlockingPool& delivery_pool;  // local, virtual and pipe deliveries
  net::BlockingPool& lookup_pool;    // the system's name service, content on disk
  std::shared_ptr<delivery::OrderRunner> runner;
  std::shared_ptr<delivery::Forwarder> forwarder;
  std::shared_ptr<const routing::Directory> directory;
  OwnEndpoints own;
};

class Transports {
 public:
  // Opens tables and certificates; blocks.  The error names the line of master.cf.
  static Result<std::shared_ptr<const Transports>> make(const config::Settings& settings,
                                                        const TransportResources& with);

  // null: master.cf has none of that name.
  std::shared_ptr<delivery::Transport> find(std::string_view name) const;
  // Closes connections that wait for more mail; for reload and stop.
  void close_idle() const;

 private:
  using ByName = std::map<std::string, std::shared_ptr<delivery::Transport>, std::less<>>;

  ByName transports_;
};

}  // namespace postern::engine
