// MetricsServer: /metrics for Prometheus by HTTP, on the loopback only: what it tells is nobody
// else's business.  Threads of its own (prometheus-cpp's exposer).
#pragma once

#include <memory>
#include <string>

#include "core/base/result.h"

namespace postern::engine {

class MetricsServer {
 public:
  // `listen`: metrics_listen, "127.0.0.1:9154" or "[::1]:9154".  kInvalid: no loopback address;
  // kIo: it cannot be bound.
  static Result<std::unique_ptr<MetricsServer>> start(const std::string& listen);
  ~MetricsServer();

 private:
  struct Native;
  explicit MetricsServer(std::unique_ptr<Native> native);
  std::unique_ptr<Native> native_;
};

}  // namespace postern::engine
