// Permit: one share of a bounded resource (sessions, octets in flight), given back by itself.
// Thread-safe.  A Budget outlives its permits.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

namespace postern::net {

class Budget;

class [[nodiscard]] Permit {
 public:
  Permit() = default;
  Permit(Permit&& other) noexcept
      : budget_(std::exchange(other.budget_, nullptr)), amount_(std::exchange(other.amount_, 0)) {}
  Permit& operator=(Permit&& other) noexcept;
  ~Permit() { release(); }
  std::uint64_t amount() const { return amount_; }
  // Takes `more` on top; false: the budget is spent, nothing changes.
  bool grow(std::uint64_t more);
  void release();

 private:
  friend class Budget;
  Permit(Budget& budget, std::uint64_t amount) : budget_(&budget), amount_(amount) {}
  Budget* budget_ = nullptr;
  std::uint64_t amount_ = 0;
};

class Budget {
 public:
  explicit Budget(std::uint64_t limit) : limit_(limit) {}
  std::optional<Permit> take(std::uint64_t amount);
  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  std::uint64_t limit() const { return limit_.load(std::memory_order_relaxed); }
  void set_limit(std::uint64_t limit) { limit_.store(limit, std::memory_order_relaxed); }

 private:
  friend class Permit;
  bool add(std::uint64_t amount);
  void give_back(std::uint64_t amount) { used_.fetch_sub(amount, std::memory_order_relaxed); }
  std::atomic<std::uint64_t> used_{0};
  std::atomic<std::uint64_t> limit_;
};

}  // namespace postern::net
