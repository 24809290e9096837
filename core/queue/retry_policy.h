// When a deferred message is tried again and when it is given up: pure arithmetic on ages.
// The wait grows with the age of the message, so it doubles from one attempt to the next, between
// two limits; jitter keeps messages that failed together from coming back together.
// Not thread-safe (it owns the random generator).
#pragma once

#include <chrono>
#include <random>

#include "core/queue/queue_options.h"

namespace postern::queue {

class RetryPolicy {
 public:
  using Duration = std::chrono::milliseconds;

  explicit RetryPolicy(const QueueOptions& options);

  // Wait before the next attempt of a message of this age; always within
  // [minimal_backoff_time, maximal_backoff_time].
  Duration next_delay(Duration age);
  // Wait before a dead lane is probed again after `failures` >= 1 deaths in a row: the minimal
  // back-off, doubled each time up to the maximal one; with jitter.
  Duration probe_delay(unsigned failures);
  // Lifetime of a message; `is_null_sender`: its reverse-path is <>.
  Duration lifetime(bool is_null_sender) const;
  bool is_expired(Duration age, bool is_null_sender) const {
    return age >= lifetime(is_null_sender);
  }
  // False if delay warnings are off.
  bool is_warning_due(Duration age) const;

 private:
  Duration with_jitter(Duration base);

  Duration minimal_, maximal_, lifetime_, bounce_lifetime_, warning_;
  double jitter_;
  std::mt19937 random_;
};

}  // namespace postern::queue
