// The two clocks, behind a seam so that tests of schedules and limits need not sleep.
// Thread-safe.
#pragma once

#include <atomic>

#include "core/base/units.h"

namespace postern {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;      // may jump: an operator or NTP sets it
  virtual SteadyTime steady() const = 0;  // never goes back

  static const Clock& system();
};

// Stands still until told.  Both clocks start at `start` and advance together; set_wall makes the
// wall clock jump alone, as a wrongly set machine does.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime start = WallTime(std::chrono::seconds(1'700'000'000)));
  WallTime wall() const override;
  SteadyTime steady() const override;
  void advance(std::chrono::nanoseconds by);
  void set_wall(WallTime now);

 private:
  std::atomic<std::int64_t> wall_ns_;
  std::atomic<std::int64_t> steady_ns_;
};

}  // namespace postern
