// The queue's counters and gauges for Prometheus.  Labels are closed sets: states, outcomes.
// Thread-safe.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

namespace postern::queue {

struct QueueMetrics {
  QueueMetrics();

  prometheus::Gauge& waiting;
  prometheus::Gauge& active;
  prometheus::Gauge& held;
  prometheus::Gauge& lanes;
  prometheus::Gauge& dead_lanes;
  prometheus::Gauge& attempts_running;
  prometheus::Gauge& content_bytes;
  prometheus::Counter& admitted;
  prometheus::Counter& removed;
  prometheus::Counter& delivered;
  prometheus::Counter& deferred;
  prometheus::Counter& failed;
  prometheus::Counter& expanded;
  prometheus::Counter& expired;  // messages
  prometheus::Counter& set_aside;
  prometheus::Counter& clock_jumps;
  prometheus::Counter& record_errors;
  prometheus::Histogram& delay;         // arrival to result, delivered recipients
  prometheus::Histogram& active_delay;  // active window to attempt
  prometheus::Histogram& attempt;       // duration of attempts
};

}  // namespace postern::queue
