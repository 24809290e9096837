#include "core/delivery/smtp/connection_cache.h"

#include <utility>

namespace postern::delivery {
namespace {

// A buffer that one large message has blown up is not kept by an idle connection.
constexpr std::size_t kKeptBufferOctets = 64 * 1024;

}  // namespace

bool ConnectionCache::is_spent(const SmtpConnection& connection, SteadyTime now) const {
  return !connection.is_usable || now - connection.opened >= limits_.lifetime ||
         (limits_.uses != 0 && connection.uses >= limits_.uses);
}

std::unique_ptr<SmtpConnection> ConnectionCache::take(const std::string& key) {
  const auto found = idle_.find(key);
  if (found == idle_.end()) return nullptr;
  const SteadyTime now = std::chrono::steady_clock::now();
  std::unique_ptr<SmtpConnection> out;
  auto& list = found->second;
  while (!out && !list.empty()) {
    out = std::move(list.back());
    list.pop_back();
    --size_;
    if (!is_spent(*out, now) && now - out->idle_since < limits_.idle && out->is_quiet()) break;
    out->quit();
    out.reset();
  }
  if (list.empty()) idle_.erase(found);
  return out;
}

void ConnectionCache::put(const std::string& key, std::unique_ptr<SmtpConnection> connection) {
  const SteadyTime now = std::chrono::steady_clock::now();
  const auto found = idle_.find(key);
  const bool has_room =
      size_ < limits_.in_all && (found == idle_.end() || found->second.size() < limits_.per_key);
  if (is_spent(*connection, now) || limits_.idle.count() <= 0 || limits_.per_key == 0 ||
      !has_room) {
    connection->quit();
    return;
  }
  connection->idle_since = now;
  if (connection->out.capacity() > kKeptBufferOctets) connection->out = {};
  idle_[key].push_back(std::move(connection));
  ++size_;
  sweep_later();
}

void ConnectionCache::sweep_later() {
  if (sweep_is_due_) return;
  sweep_is_due_ = true;
  loop_.post_after(limits_.idle, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->sweep();
  });
}

void ConnectionCache::sweep() {
  sweep_is_due_ = false;
  const SteadyTime now = std::chrono::steady_clock::now();
  for (auto& [key, list] : idle_) {
    std::erase_if(list, [&](const std::unique_ptr<SmtpConnection>& connection) {
      if (now - connection->idle_since < limits_.idle && !is_spent(*connection, now)) return false;
      connection->quit();
      --size_;
      return true;
    });
  }
  std::erase_if(idle_, [](const auto& entry) { return entry.second.empty(); });
  if (!idle_.empty()) sweep_later();
}

void ConnectionCache::clear() {
  for (auto& [key, list] : std::exchange(idle_, {}))
    for (const auto& connection : list)
      connection->quit();
  size_ = 0;
}

}  // namespace postern::delivery
