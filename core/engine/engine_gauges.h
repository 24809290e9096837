// The engine's own gauges for Prometheus, beside those of spool, queue and server.  Thread-safe.
#pragma once

#include <prometheus/gauge.h>

namespace postern::engine {

struct EngineGauges {
  EngineGauges();

  prometheus::Gauge& sessions;
  prometheus::Gauge& attempts;
  prometheus::Gauge& message_memory;   // octets of messages in flight
  prometheus::Gauge& resident_memory;  // octets, of the process
  prometheus::Gauge& lookup_queue;     // functions that wait for a thread
  prometheus::Gauge& delivery_queue;
  prometheus::Gauge& stressed;
  prometheus::Gauge& reload_time;  // seconds since 1970 of the last good one
  prometheus::Gauge& queue_index;  // octets
};

// Octets of memory that the process occupies; 0 where it cannot be told.
double resident_octets();

}  // namespace postern::engine
