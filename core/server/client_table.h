// ClientTable: how many sessions each client has, and how many it began, how many messages and
// recipients it sent in the current time unit (what Postfix keeps in anvil(8)).  A client is one
// IPv4 address or one IPv6 /64, for who has a /64 has all its addresses.
// Bounded: idle clients are forgotten when their time unit is over; at `max_clients` a new one is
// not counted but let in, for refusing it would let one flood lock out the world.
// Thread-safe; one short lock per shard.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/server/server_options.h"

namespace postern::server {

// What is counted for a client: its IPv4 address or the /64 of its IPv6 address, as text; anything
// else (a unix socket) is one client.
std::string client_network(std::string_view address);

class ClientTable {
 public:
  static constexpr std::size_t kMaxClients = 200'000;

  explicit ClientTable(const Clock& clock = Clock::system(), std::size_t max_clients = kMaxClients);

  // A session's place; given back by itself.  The table outlives its permits.
  class [[nodiscard]] Permit {
   public:
    Permit() = default;
    Permit(Permit&& other) noexcept;
    Permit& operator=(Permit&& other) noexcept;
    ~Permit() { release(); }
    void release();
    const std::string& client() const { return client_; }

   private:
    friend class ClientTable;
    Permit(ClientTable& table, std::string client) : table_(&table), client_(std::move(client)) {}
    ClientTable* table_ = nullptr;
    std::string client_;
  };

  enum class Refusal { kTooManyConnections, kTooFast };
  struct Admission {
    Permit permit;
    std::optional<Refusal> refusal;
    std::uint32_t connections = 0;  // at the same time, with this one
    std::uint32_t rate = 0;         // begun in the current time unit, with this one
  };
  // A session begins.  The refused one is counted in the rate, as anvil does, and holds no permit.
  Admission connect(std::string_view address, const ClientLimitOptions& limits);
  // False: over the limit.  Counted in any case.
  bool count_message(std::string_view address, const ClientLimitOptions& limits);
  bool count_recipient(std::string_view address, const ClientLimitOptions& limits);

  std::size_t size() const;

 private:
  static constexpr std::size_t kShards = 16;
  struct Client {
    std::uint32_t connections = 0;
    std::uint32_t connection_rate = 0;
    std::uint32_t messages = 0;
    std::uint32_t recipients = 0;
    SteadyTime unit_start{};
    Seconds unit{60};
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, Client> clients;
    std::size_t sweep_at = 64;  // size at which idle clients are looked for
  };
  Shard& shard_of(const std::string& client);
  // nullptr: the table is full.
  Client* find_or_add(Shard& shard, const std::string& client, Seconds unit);
  void sweep(Shard& shard, SteadyTime now);
  void disconnect(const std::string& client);
  bool count(std::string_view address, std::uint32_t Client::* counter, std::uint32_t limit,
             Seconds unit);

  const Clock& clock_;
  const std::size_t max_per_shard_;
  std::array<Shard, kShards> shards_;
};

}  // namespace postern::server
