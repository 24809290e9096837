// TicketKeys: what session tickets are sealed under.  The master keys live in memory only, are new
// with every period, and go one period after their last use: so a machine that is taken over gives
// away at most two periods of recorded sessions.
// From a master key comes one key for each purpose (listener and server name): a ticket of one
// listener or name opens nothing at another, and costs its client a full handshake there.
// Thread-safe.  Source: RFC 5077 5.5, RFC 8446 8.1 and C.4.
#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <string_view>

#include "core/base/clock.h"

namespace postern::tls {

// One purpose's keys of one period.
struct TicketKey {
  std::array<unsigned char, 16> name;  // stands in the ticket, says nothing
  std::array<unsigned char, 32> cipher_key;
  std::array<unsigned char, 32> mac_key;

  ~TicketKey();  // wiped
};

class TicketKeys {
 public:
  // How long tickets are sealed under one key, and how long they can be opened after that: their
  // lifetime.
  static constexpr Seconds kPeriod{3600};

  explicit TicketKeys(const Clock& clock = Clock::system()) : clock_(clock) {}
  ~TicketKeys();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  // The keys that new tickets are sealed under.
  TicketKey current(std::string_view purpose);
  // The keys of the ticket that carries `name`; nullopt: of another purpose, or too old.
  // `is_old`: the client should get a new ticket.
  struct Found {
    TicketKey key;
    bool is_old;
  };
  std::optional<Found> find(std::string_view purpose, const unsigned char* name);

  // The process's own: tickets outlive a reload of the contexts.
  static TicketKeys& of_process();

 private:
  using Master = std::array<unsigned char, 32>;
  void roll(SteadyTime now);  // with mutex_ held

  const Clock& clock_;
  std::mutex mutex_;
  std::optional<Master> current_;
  std::optional<Master> previous_;
  SteadyTime began_;  // the current period
};

}  // namespace postern::tls
