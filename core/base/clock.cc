#include "core/base/clock.h"

namespace postern {
namespace {

class SystemClock final : public Clock {
 public:
  WallTime wall() const override { return std::chrono::system_clock::now(); }
  SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
};

std::int64_t to_ns(WallTime t) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(t.time_since_epoch()).count();
}

}  // namespace

const Clock& Clock::system() {
  static const SystemClock clock;
  return clock;
}

ManualClock::ManualClock(WallTime start) : wall_ns_(to_ns(start)), steady_ns_(to_ns(start)) {}

WallTime ManualClock::wall() const {
  return WallTime(
      std::chrono::duration_cast<WallTime::duration>(std::chrono::nanoseconds(wall_ns_.load())));
}

SteadyTime ManualClock::steady() const {
  return SteadyTime(std::chrono::nanoseconds(steady_ns_.load()));
}

void ManualClock::advance(std::chrono::nanoseconds by) {
  wall_ns_ += by.count();
  steady_ns_ += by.count();
}

void ManualClock::set_wall(WallTime now) { wall_ns_ = to_ns(now); }

}  // namespace postern
