// The queue's own time.  The wall clock is read once, then only elapsed steady time is added: a
// clock that an operator or NTP sets ten years on must not expire a queue, and one set back must
// not stop it.  What goes to disk is translated to the wall clock of that moment.
// Used on the queue's thread only.
#pragma once

#include <chrono>
#include <optional>

#include "core/base/clock.h"

namespace postern::queue {

class Timeline {
 public:
  explicit Timeline(const Clock& clock)
      : clock_(clock), wall_start_(clock.wall()), steady_start_(clock.steady()) {}

  // Queue time: never goes back.
  WallTime now() const {
    return wall_start_ +
           std::chrono::duration_cast<WallTime::duration>(clock_.steady() - steady_start_);
  }
  SteadyTime steady() const { return clock_.steady(); }
  // The wall clock's name for a moment of queue time, for records and reports.
  WallTime to_wall(WallTime queue_time) const { return clock_.wall() + (queue_time - now()); }

  // How far the wall clock has jumped since the last call, where that is at least `threshold`
  // either way; for a warning in the log.
  std::optional<std::chrono::seconds> take_jump(std::chrono::seconds threshold) {
    const auto offset = std::chrono::duration_cast<std::chrono::seconds>(clock_.wall() - now());
    const auto jump = offset - seen_offset_;
    if (jump < threshold && -jump < threshold) return std::nullopt;
    seen_offset_ = offset;
    return jump;
  }

 private:
  const Clock& clock_;
  const WallTime wall_start_;
  const SteadyTime steady_start_;
  std::chrono::seconds seen_offset_{0};
};

}  // namespace postern::queue
