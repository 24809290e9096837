// What the operator can set of the queue.  Defaults are Postfix's; each comment names the main.cf
// parameter, "-" where Postfix has none.  Engine fills it; the queue never reads configuration.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "core/base/units.h"
#include "core/queue/feedback.h"

namespace postern::queue {

struct TransportOptions {
  // Name in the log in place of the transport's own: master.cf's command, so that a clone of smtp
  // named "relay" logs as smtp.  "" = the transport's name.
  std::string log_service;
  unsigned process_limit = 100;      // default_process_limit, or maxproc in master.cf; 0 = no limit
  unsigned concurrency_limit = 20;   // default_destination_concurrency_limit
  unsigned initial_concurrency = 5;  // initial_destination_concurrency
  unsigned recipient_limit = 50;     // default_destination_recipient_limit; 0 = no limit
  Feedback positive_feedback{1.0, Feedback::Divisor::kNone};  // ..._concurrency_positive_feedback
  Feedback negative_feedback{1.0, Feedback::Divisor::kNone};  // ..._concurrency_negative_feedback
  double failed_cohort_limit =
      1.0;  // default_destination_concurrency_failed_cohort_limit; 0 = never
  std::chrono::milliseconds rate_delay{0};  // default_destination_rate_delay
};

struct QueueOptions {
  Seconds minimal_backoff_time{300};       // minimal_backoff_time
  Seconds maximal_backoff_time{4000};      // maximal_backoff_time
  Seconds maximal_queue_lifetime{432000};  // maximal_queue_lifetime
  Seconds bounce_queue_lifetime{432000};   // bounce_queue_lifetime
  Seconds delay_warning_time{0};           // delay_warning_time; 0 = no warnings
  Seconds queue_run_delay{300};            // queue_run_delay: the sweeper's period
  double jitter = 0.1;                     // -: share of a back-off that is random, 0..1
  std::uint32_t jitter_seed = 0;           // -: 0 = from the system's entropy
  bool soft_bounce = false;                // soft_bounce

  std::uint32_t message_active_limit = 20'000;    // qmgr_message_active_limit
  std::uint32_t recipient_active_limit = 20'000;  // qmgr_message_recipient_limit
  // -: a lane may hold this many times the free part of the active window, so a lane that does not
  // drain leaves room for the others however many messages wait for it.
  double lane_window_share = 1.0;
  ByteCount content_memory{256u << 20};  // -: contents kept in memory; above it they are re-read
  unsigned read_concurrency = 16;        // -: messages being read from the disk at a time
  unsigned poison_limit = 3;             // -: failed attempt machinery this often: set aside (held)
  std::uint32_t lane_limit = 20'000;     // -: idle lanes above it are forgotten
  Seconds attempt_warning{3600};         // -: an attempt that runs longer is logged
  // -: a gap between the newest record of the spool and the clock that makes the clock suspect.
  Seconds clock_gap{86'400};

  // defer_transports: mail of these master.cf services waits until it is flushed.
  std::set<std::string, std::less<>> deferred_transports;

  TransportOptions default_transport;
  std::map<std::string, TransportOptions, std::less<>> transports;  // by master.cf service name

  const TransportOptions& transport(std::string_view name) const {
    const auto found = transports.find(name);
    return found == transports.end() ? default_transport : found->second;
  }
};

}  // namespace postern::queue
