// QueueId: names one message from its first recipient on, in logs, Received, spool and tools.
// Microseconds since 1970 at creation, made unique by counting up, so ids sort by arrival and
// never repeat across restarts.  Printed as upper-case hexadecimal without leading zeros, which
// every parser of Postfix logs takes for a queue id.
#pragma once

#include <atomic>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"

namespace postern {

class QueueId {
 public:
  constexpr QueueId() = default;
  constexpr explicit QueueId(std::uint64_t value) : value_(value) {}
  // nullopt: empty, longer than 16 digits, or a character other than 0-9A-F.
  static std::optional<QueueId> parse(std::string_view text);

  constexpr std::uint64_t value() const { return value_; }
  constexpr explicit operator bool() const { return value_ != 0; }
  std::string to_string() const;
  constexpr auto operator<=>(const QueueId&) const = default;

 private:
  std::uint64_t value_ = 0;  // 0: none
};

// Gives out ids.  Thread-safe.  `floor`: ids are larger than it, whatever the clock says; recovery
// passes the largest id it has seen, so that a clock set back cannot repeat one.
class QueueIdSource {
 public:
  explicit QueueIdSource(const Clock& clock, QueueId floor = {})
      : clock_(clock), last_(floor.value()) {}
  QueueId next();
  void raise_floor(QueueId floor);

 private:
  const Clock& clock_;
  std::atomic<std::uint64_t> last_;
};

}  // namespace postern

template <>
struct std::hash<postern::QueueId> {
  // Fibonacci hashing: neighbouring ids differ only in their low bits.
  std::size_t operator()(postern::QueueId id) const noexcept {
    return id.value() * 0x9E3779B97F4A7C15ull;
  }
};
