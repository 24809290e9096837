// Quantities that carry their unit.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace postern {

// A number of octets.
struct ByteCount {
  std::uint64_t value = 0;

  constexpr auto operator<=>(const ByteCount&) const = default;
  constexpr ByteCount& operator+=(ByteCount other) { return value += other.value, *this; }
  constexpr ByteCount& operator-=(ByteCount other) { return value -= other.value, *this; }
  friend constexpr ByteCount operator+(ByteCount a, ByteCount b) { return {a.value + b.value}; }
  friend constexpr ByteCount operator-(ByteCount a, ByteCount b) { return {a.value - b.value}; }
};

namespace literals {
constexpr ByteCount operator""_B(unsigned long long n) { return {n}; }
constexpr ByteCount operator""_KiB(unsigned long long n) { return {n << 10}; }
constexpr ByteCount operator""_MiB(unsigned long long n) { return {n << 20}; }
}  // namespace literals

using WallTime = std::chrono::system_clock::time_point;    // what headers, logs and files carry
using SteadyTime = std::chrono::steady_clock::time_point;  // what deadlines are made of
using Seconds = std::chrono::seconds;

}  // namespace postern
