#include "core/engine/engine_gauges.h"

#include <unistd.h>

#include <cstdio>
#include <memory>

#include "core/base/metrics.h"

namespace postern::engine {

using metrics::gauge;

EngineGauges::EngineGauges()
    : sessions(gauge("postern_smtp_sessions", "SMTP sessions that are open")),
      attempts(gauge("postern_delivery_tasks", "Delivery attempts that run on the loops")),
      message_memory(gauge("postern_message_memory_bytes", "Octets of messages in flight")),
      resident_memory(gauge("postern_resident_memory_bytes", "Memory of the process")),
      lookup_queue(gauge("postern_blocking_waiting", "Functions that wait for a thread",
                         {{"pool", "lookup"}})),
      delivery_queue(gauge("postern_blocking_waiting", "Functions that wait for a thread",
                           {{"pool", "delivery"}})),
      stressed(gauge("postern_stressed", "1 while timeouts are short because of overload")),
      reload_time(gauge("postern_configuration_time_seconds",
                        "When the configuration in force was read, seconds since 1970")),
      queue_index(gauge("postern_queue_index_bytes", "Memory of the queue's index")) {}

double resident_octets() {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen("/proc/self/statm", "re"));
  long total = 0, resident = 0;
  if (!file || std::fscanf(file.get(), "%ld %ld", &total, &resident) != 2) return 0;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace postern::engine
