#include "core/base/queue_id.h"

#include <fmt/format.h>

namespace postern {

std::optional<QueueId> QueueId::parse(std::string_view text) {
  if (text.empty() || text.size() > 16) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      value = value << 4 | static_cast<std::uint64_t>(c - '0');
    } else if (c >= 'A' && c <= 'F') {
      value = value << 4 | static_cast<std::uint64_t>(c - 'A' + 10);
    } else {
      return std::nullopt;
    }
  }
  return QueueId(value);
}

std::string QueueId::to_string() const { return fmt::format("{:X}", value_); }

QueueId QueueIdSource::next() {
  const auto now = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(clock_.wall().time_since_epoch())
          .count());
  std::uint64_t last = last_.load(std::memory_order_relaxed);
  std::uint64_t id;
  do {
    id = now > last ? now : last + 1;
  } while (!last_.compare_exchange_weak(last, id, std::memory_order_relaxed));
  return QueueId(id);
}

void QueueIdSource::raise_floor(QueueId floor) {
  std::uint64_t last = last_.load(std::memory_order_relaxed);
  while (last < floor.value() &&
         !last_.compare_exchange_weak(last, floor.value(), std::memory_order_relaxed)) {
  }
}

}  // namespace postern
