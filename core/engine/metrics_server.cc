#include "core/engine/metrics_server.h"

#include <prometheus/exposer.h>

#include "core/base/metrics.h"
#include "core/config/master_cf.h"
#include "core/net/address.h"

namespace postern::engine {

struct MetricsServer::Native {
  std::shared_ptr<prometheus::Registry> registry;
  prometheus::Exposer exposer;
};

MetricsServer::MetricsServer(std::unique_ptr<Native> native) : native_(std::move(native)) {}
MetricsServer::~MetricsServer() = default;

Result<std::unique_ptr<MetricsServer>> MetricsServer::start(const std::string& listen) {
  const auto endpoint = config::parse_endpoint(listen);
  const auto address = endpoint ? net::SocketAddress::ip(endpoint->host, 1)
                                : Result<net::SocketAddress>(std::unexpected(endpoint.error()));
  if (!address || !address->is_loopback())
    return fail(ErrorKind::kInvalid,
                "metrics_listen = {}: must be an address of the loopback and a port, as in "
                "127.0.0.1:9154",
                listen);
  try {
    std::unique_ptr<Native> native(new Native{metrics::registry(), prometheus::Exposer(listen, 1)});
    native->exposer.RegisterCollectable(native->registry);
    return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(native)));
  } catch (const std::exception& error) {
    return fail(ErrorKind::kIo, "metrics_listen = {}: {}", listen, error.what());
  }
}

}  // namespace postern::engine
