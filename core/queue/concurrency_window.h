// How many deliveries one lane may run at a time, and whether its destination is dead.
// Two separate judgements: results of live peers move the window up and down (fractional feedback);
// only attempts that could not reach the destination at all count towards "dead".  A rate delay
// touches neither.  Pure; used on the queue's thread only.
#pragma once

#include "core/base/units.h"
#include "core/queue/queue_options.h"
#include "core/queue/retry_policy.h"

namespace postern::queue {

class ConcurrencyWindow {
 public:
  explicit ConcurrencyWindow(const TransportOptions& options);

  // Deliveries allowed at `now`: 0 while dead, 1 while the destination is being probed.
  unsigned limit(WallTime now) const;
  bool is_dead(WallTime now) const { return dead_deaths_ > 0 && now < dead_until_; }
  bool is_probing(WallTime now) const { return dead_deaths_ > 0 && now >= dead_until_; }
  WallTime dead_until() const { return dead_until_; }
  // The window apart from death, for display.
  unsigned concurrency() const { return window_; }

  // The peer took commands.  `busy`: deliveries under way, this one included; the window does not
  // grow beyond what is in use.
  void on_good(unsigned busy);
  // The peer is there and asks for less.
  void on_throttle();
  // The destination could not be reached.  True if it is dead from now on; `policy` says until
  // when: longer from one death to the next.
  bool on_dead(WallTime now, RetryPolicy& policy);
  // An operator asks for another try now.
  void revive();

 private:
  void shrink();

  const TransportOptions* options_;
  unsigned window_;
  double credit_ = 0;          // positive feedback not yet spent on a step
  double debit_ = 0;           // negative feedback not yet spent
  double failed_cohorts_ = 0;  // 1 = as many failures in a row as the window is wide
  unsigned dead_deaths_ = 0;   // in a row, without one success between
  WallTime dead_until_{};
};

}  // namespace postern::queue
