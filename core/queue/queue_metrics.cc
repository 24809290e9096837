#include "core/queue/queue_metrics.h"

#include "core/base/metrics.h"

namespace postern::queue {
namespace {

prometheus::Gauge& messages(const char* state) {
  return metrics::gauge("postern_queue_messages", "Messages in the queue by state",
                        {{"state", state}});
}

prometheus::Counter& results(const char* outcome) {
  return metrics::counter("postern_queue_recipient_results_total",
                          "Results of delivery attempts, by recipient", {{"outcome", outcome}});
}

const std::vector<double>& delay_bounds() {
  static const std::vector<double> bounds{0.001, 0.005, 0.01, 0.05, 0.1,   0.5,   1,     5,
                                          30,    60,    300,  3600, 14400, 86400, 432000};
  return bounds;
}

}  // namespace

QueueMetrics::QueueMetrics()
    : waiting(messages("deferred")),
      active(messages("active")),
      held(messages("hold")),
      lanes(metrics::gauge("postern_queue_lanes", "Lanes by state", {{"state", "known"}})),
      dead_lanes(metrics::gauge("postern_queue_lanes", "Lanes by state", {{"state", "dead"}})),
      attempts_running(
          metrics::gauge("postern_queue_attempts_running", "Delivery attempts under way")),
      content_bytes(metrics::gauge("postern_queue_content_bytes",
                                   "Octets of message content kept in memory by the queue")),
      admitted(metrics::counter("postern_queue_admitted_total", "Messages taken into the queue")),
      removed(metrics::counter("postern_queue_removed_total", "Messages that left the queue")),
      delivered(results("delivered")),
      deferred(results("deferred")),
      failed(results("failed")),
      expanded(results("expanded")),
      expired(metrics::counter("postern_queue_expired_total",
                               "Messages returned because their lifetime ended")),
      set_aside(metrics::counter("postern_queue_set_aside_total",
                                 "Messages held because they broke delivery or cannot be read")),
      clock_jumps(metrics::counter("postern_queue_clock_jumps_total",
                                   "Jumps of the wall clock that the queue has noticed")),
      record_errors(metrics::counter("postern_queue_record_errors_total",
                                     "Changes that the spool could not record at first")),
      delay(metrics::histogram("postern_queue_delay_seconds",
                               "Time from arrival to delivery, by recipient", delay_bounds())),
      active_delay(metrics::histogram("postern_queue_active_delay_seconds",
                                      "Time from activation to the start of the attempt",
                                      delay_bounds())),
      attempt(metrics::histogram("postern_queue_attempt_seconds", "Duration of delivery attempts",
                                 delay_bounds())) {}

}  // namespace postern::queue
