#include "core/queue/concurrency_window.h"

#include <algorithm>

namespace postern::queue {
namespace {

// Sums of 1/n miss whole numbers by a rounding error; without slack a step would come one late.
constexpr double kWhole = 1.0 - 1e-9;

}  // namespace

ConcurrencyWindow::ConcurrencyWindow(const TransportOptions& options)
    : options_(&options), window_(std::max(1u, options.initial_concurrency)) {
  if (options.concurrency_limit > 0) window_ = std::min(window_, options.concurrency_limit);
}

unsigned ConcurrencyWindow::limit(WallTime now) const {
  if (dead_deaths_ > 0) return now < dead_until_ ? 0 : 1;
  // The limit may have become lower than what the window has grown to.
  return options_->concurrency_limit > 0 ? std::min(window_, options_->concurrency_limit) : window_;
}

void ConcurrencyWindow::on_good(unsigned busy) {
  failed_cohorts_ = 0;
  if (dead_deaths_ > 0) revive();
  debit_ = 0;
  if (options_->concurrency_limit > 0 && window_ >= options_->concurrency_limit) return;
  // An idle lane must not earn a width that it has never tried.
  if (window_ >= busy + std::max(1u, options_->initial_concurrency)) return;
  credit_ += options_->positive_feedback.amount(window_);
  if (credit_ < kWhole) return;
  credit_ = 0;
  ++window_;
}

void ConcurrencyWindow::shrink() {
  credit_ = 0;
  debit_ += options_->negative_feedback.amount(window_);
  if (debit_ < kWhole) return;
  debit_ = 0;
  if (window_ > 1) --window_;
}

void ConcurrencyWindow::on_throttle() {
  // It answered, so it is alive; one probe is enough to end a death.
  failed_cohorts_ = 0;
  if (dead_deaths_ > 0) {
    revive();
    window_ = 1;
    return;
  }
  shrink();
}

bool ConcurrencyWindow::on_dead(WallTime now, RetryPolicy& policy) {
  if (is_dead(now)) return false;  // late results of deliveries that began before the death
  const bool was_probe = is_probing(now);
  failed_cohorts_ += 1.0 / window_;
  shrink();
  if (options_->failed_cohort_limit <= 0) return false;
  if (!was_probe && failed_cohorts_ < options_->failed_cohort_limit * kWhole) return false;
  failed_cohorts_ = 0;
  ++dead_deaths_;
  dead_until_ = now + policy.probe_delay(dead_deaths_);
  return true;
}

void ConcurrencyWindow::revive() {
  dead_deaths_ = 0;
  failed_cohorts_ = 0;
  window_ = std::max(1u, options_->initial_concurrency);
  if (options_->concurrency_limit > 0) window_ = std::min(window_, options_->concurrency_limit);
}

}  // namespace postern::queue
