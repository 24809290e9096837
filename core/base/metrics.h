// The process's Prometheus registry.  Families are made once, by name; label values come only from
// closed sets (reasons, states, transports), never from a peer, so cardinality is bounded.
// Thread-safe: counters and gauges are atomics.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace postern::metrics {

using Labels = std::map<std::string, std::string>;

// Lives as long as the process; what it hands out stays valid.
std::shared_ptr<prometheus::Registry> registry();

prometheus::Counter& counter(const std::string& name, const std::string& help,
                             const Labels& labels = {});
prometheus::Gauge& gauge(const std::string& name, const std::string& help,
                         const Labels& labels = {});
// `bounds`: upper bucket limits, rising.
prometheus::Histogram& histogram(const std::string& name, const std::string& help,
                                 const std::vector<double>& bounds, const Labels& labels = {});

// Upper limits for latencies in seconds, 0.1 ms to 60 s.
const std::vector<double>& latency_bounds();

}  // namespace postern::metrics
