#include "core/spool/spool_metrics.h"

namespace postern::spool {

SpoolMetrics& SpoolMetrics::get() {
  static SpoolMetrics metrics;
  return metrics;
}

SpoolMetrics::SpoolMetrics()
    : sync_seconds_(metrics::histogram("postern_spool_sync_seconds",
                                       "Time of one sync of the spool's log",
                                       metrics::latency_bounds())),
      batch_records_(metrics::histogram("postern_spool_sync_records",
                                        "Records that shared one sync of the spool's log",
                                        {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024})),
      written_(metrics::counter("postern_spool_written_bytes_total",
                                "Octets written to the spool's log")),
      corrupt_(metrics::counter("postern_spool_corrupt_records_total",
                                "Damaged records that were set aside")),
      compacted_(metrics::counter("postern_spool_compacted_bytes_total",
                                  "Octets of live records copied forward")),
      segments_(metrics::gauge("postern_spool_segments", "Segments of the spool's log")),
      accepting_(metrics::gauge("postern_spool_accepting", "1: messages can be stored")) {}

void SpoolMetrics::show_durability(const std::string& name) {
  for (const char* each : {"durable", "process", "memory"})
    metrics::gauge("postern_spool_durability", "1 at what queue_durability is",
                   {{"durability", each}})
        .Set(name == each ? 1 : 0);
}

void SpoolMetrics::observe_sync(std::chrono::nanoseconds took, std::size_t records) {
  sync_seconds_.Observe(std::chrono::duration<double>(took).count());
  batch_records_.Observe(static_cast<double>(records));
}

}  // namespace postern::spool
