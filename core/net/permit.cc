#include "core/net/permit.h"

namespace postern::net {

Permit& Permit::operator=(Permit&& other) noexcept {
  if (this == &other) return *this;
  release();
  budget_ = std::exchange(other.budget_, nullptr);
  amount_ = std::exchange(other.amount_, 0);
  return *this;
}

bool Permit::grow(std::uint64_t more) {
  if (budget_ == nullptr || !budget_->add(more)) return false;
  amount_ += more;
  return true;
}

void Permit::release() {
  if (budget_ != nullptr) budget_->give_back(amount_);
  budget_ = nullptr;
  amount_ = 0;
}

std::optional<Permit> Budget::take(std::uint64_t amount) {
  if (!add(amount)) return std::nullopt;
  return Permit(*this, amount);
}

bool Budget::add(std::uint64_t amount) {
  std::uint64_t used = used_.load(std::memory_order_relaxed);
  do {
    // The limit may have been lowered below what is used; and used + amount may not fit 64 bits.
    const std::uint64_t most = limit();
    if (used > most || amount > most - used) return false;
  } while (!used_.compare_exchange_weak(used, used + amount, std::memory_order_relaxed));
  return true;
}

}  // namespace postern::net
