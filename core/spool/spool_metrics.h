// The spool's counters in the process's registry.  Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "core/base/metrics.h"

namespace postern::spool {

class SpoolMetrics {
 public:
  static SpoolMetrics& get();

  void observe_sync(std::chrono::nanoseconds took, std::size_t records);
  void count_written(std::uint64_t octets) { written_.Increment(static_cast<double>(octets)); }
  void count_corrupt() { corrupt_.Increment(); }
  void count_compacted(std::uint64_t octets) { compacted_.Increment(static_cast<double>(octets)); }
  void set_segments(std::size_t count) { segments_.Set(static_cast<double>(count)); }
  // "durable", "process" or "memory": what a 250 is worth here.
  void show_durability(const std::string& name);
  void set_accepting(bool accepting) { accepting_.Set(accepting ? 1 : 0); }

 private:
  SpoolMetrics();

  prometheus::Histogram& sync_seconds_;
  prometheus::Histogram& batch_records_;
  prometheus::Counter& written_;
  prometheus::Counter& corrupt_;
  prometheus::Counter& compacted_;
  prometheus::Gauge& segments_;
  prometheus::Gauge& accepting_;
};

}  // namespace postern::spool
