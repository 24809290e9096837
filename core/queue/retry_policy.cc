#include "core/queue/retry_policy.h"

#include <algorithm>

namespace postern::queue {

RetryPolicy::RetryPolicy(const QueueOptions& options)
    : minimal_(std::max(options.minimal_backoff_time, Seconds(1))),
      // An operator who crosses the two limits gets the larger one for both, as Postfix would
      // refuse to start over it.
      maximal_(std::max(options.maximal_backoff_time, options.minimal_backoff_time)),
      lifetime_(options.maximal_queue_lifetime),
      bounce_lifetime_(options.bounce_queue_lifetime),
      warning_(options.delay_warning_time),
      jitter_(std::clamp(options.jitter, 0.0, 1.0)),
      random_(options.jitter_seed != 0 ? options.jitter_seed : std::random_device{}()) {
  maximal_ = std::max(maximal_, minimal_);
}

RetryPolicy::Duration RetryPolicy::with_jitter(Duration base) {
  const auto spread = std::chrono::duration_cast<Duration>(base * jitter_);
  const Duration low = std::max(minimal_, base - spread);
  const Duration high = std::min(maximal_, base + spread);
  if (high <= low) return std::clamp(base, minimal_, maximal_);
  return Duration(std::uniform_int_distribution<Duration::rep>(low.count(), high.count())(random_));
}

RetryPolicy::Duration RetryPolicy::next_delay(Duration age) {
  return with_jitter(std::clamp(age, minimal_, maximal_));
}

RetryPolicy::Duration RetryPolicy::probe_delay(unsigned failures) {
  const unsigned doublings = std::min(failures > 0 ? failures - 1 : 0, 30u);
  return with_jitter(std::min(maximal_, minimal_ * (Duration::rep{1} << doublings)));
}

RetryPolicy::Duration RetryPolicy::lifetime(bool is_null_sender) const {
  return is_null_sender ? bounce_lifetime_ : lifetime_;
}

bool RetryPolicy::is_warning_due(Duration age) const {
  return warning_.count() > 0 && age >= warning_;
}

}  // namespace postern::queue
