#include "core/base/metrics.h"

namespace postern::metrics {

std::shared_ptr<prometheus::Registry> registry() {
  static const auto instance = std::make_shared<prometheus::Registry>();
  return instance;
}

prometheus::Counter& counter(const std::string& name, const std::string& help,
                             const Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(*registry()).Add(labels);
}

prometheus::Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(*registry()).Add(labels);
}

prometheus::Histogram& histogram(const std::string& name, const std::string& help,
                                 const std::vector<double>& bounds, const Labels& labels) {
  return prometheus::BuildHistogram()
      .Name(name)
      .Help(help)
      .Register(*registry())
      .Add(labels, prometheus::Histogram::BucketBoundaries(bounds.begin(), bounds.end()));
}

const std::vector<double>& latency_bounds() {
  static const std::vector<double> bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                          0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                          1,      2.5,     5,      10,    30,     60};
  return bounds;
}

}  // namespace postern::metrics
