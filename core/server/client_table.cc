#include "core/server/client_table.h"

#include <functional>

#include "core/maps/ip_network.h"

namespace postern::server {

std::string client_network(std::string_view address) {
  const auto parsed = maps::IpAddress::parse(address);
  if (!parsed) return "other";
  if (!parsed->is_v6) return std::string(address);
  maps::IpAddress network = *parsed;
  for (std::size_t i = 8; i < 16; ++i)
    network.octets[i] = 0;
  return network.to_string() + "/64";
}

ClientTable::ClientTable(const Clock& clock, std::size_t max_clients)
    : clock_(clock), max_per_shard_(std::max<std::size_t>(1, max_clients / kShards)) {}

ClientTable::Permit::Permit(Permit&& other) noexcept
    : table_(std::exchange(other.table_, nullptr)), client_(std::move(other.client_)) {}

ClientTable::Permit& ClientTable::Permit::operator=(Permit&& other) noexcept {
  if (this != &other) {
    release();
    table_ = std::exchange(other.table_, nullptr);
    client_ = std::move(other.client_);
  }
  return *this;
}

void ClientTable::Permit::release() {
  if (table_ != nullptr) std::exchange(table_, nullptr)->disconnect(client_);
}

ClientTable::Shard& ClientTable::shard_of(const std::string& client) {
  return shards_[std::hash<std::string>{}(client) % kShards];
}

// Forgets clients without sessions whose time unit is over; the lock is held.
void ClientTable::sweep(Shard& shard, SteadyTime now) {
  std::erase_if(shard.clients, [&](const auto& entry) {
    const Client& client = entry.second;
    return client.connections == 0 && now - client.unit_start >= client.unit;
  });
  shard.sweep_at = std::max<std::size_t>(64, 2 * shard.clients.size());
}

ClientTable::Client* ClientTable::find_or_add(Shard& shard, const std::string& client,
                                              Seconds unit) {
  const SteadyTime now = clock_.steady();
  auto found = shard.clients.find(client);
  if (found == shard.clients.end()) {
    if (shard.clients.size() >= std::min(shard.sweep_at, max_per_shard_)) sweep(shard, now);
    if (shard.clients.size() >= max_per_shard_) return nullptr;
    found = shard.clients.emplace(client, Client{}).first;
    found->second.unit_start = now;
  }
  Client& out = found->second;
  out.unit = unit;
  if (now - out.unit_start >= unit) {
    out.unit_start = now;
    out.connection_rate = out.messages = out.recipients = 0;
  }
  return &out;
}

ClientTable::Admission ClientTable::connect(std::string_view address,
                                            const ClientLimitOptions& limits) {
  std::string name = client_network(address);
  Shard& shard = shard_of(name);
  Admission out;
  const std::lock_guard lock(shard.mutex);
  Client* const client = find_or_add(shard, name, limits.rate_unit);
  if (client == nullptr) return out;
  out.rate = ++client->connection_rate;
  out.connections = client->connections + 1;
  if (limits.connections != 0 && out.connections > limits.connections) {
    out.refusal = Refusal::kTooManyConnections;
  } else if (limits.connection_rate != 0 && out.rate > limits.connection_rate) {
    out.refusal = Refusal::kTooFast;
  } else {
    ++client->connections;
    out.permit = Permit(*this, std::move(name));
  }
  return out;
}

void ClientTable::disconnect(const std::string& client) {
  Shard& shard = shard_of(client);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.clients.find(client);
  if (found != shard.clients.end()) --found->second.connections;
}

bool ClientTable::count(std::string_view address, std::uint32_t Client::* counter,
                        std::uint32_t limit, Seconds unit) {
  if (limit == 0) return true;
  const std::string name = client_network(address);
  Shard& shard = shard_of(name);
  const std::lock_guard lock(shard.mutex);
  Client* const client = find_or_add(shard, name, unit);
  return client == nullptr || ++(client->*counter) <= limit;
}

bool ClientTable::count_message(std::string_view address, const ClientLimitOptions& limits) {
  return count(address, &Client::messages, limits.message_rate, limits.rate_unit);
}

bool ClientTable::count_recipient(std::string_view address, const ClientLimitOptions& limits) {
  return count(address, &Client::recipients, limits.recipient_rate, limits.rate_unit);
}

std::size_t ClientTable::size() const {
  std::size_t total = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    total += shard.clients.size();
  }
  return total;
}

}  // namespace postern::server
