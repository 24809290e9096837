// ConnectionCache: the idle connections of one transport on one loop, by lane and TLS level.
// A connection that mail without TLS may use is never given to mail that needs TLS: the level is in
// the key.  On the loop's thread only.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/delivery/smtp/smtp_connection.h"

namespace postern::delivery {

struct ConnectionCacheLimits {
  std::chrono::milliseconds idle{2000};
  Seconds lifetime{300};
  std::size_t uses = 0;       // 0: no limit
  std::size_t per_key = 100;  // idle at one time
  std::size_t in_all = 1000;
};

class ConnectionCache : public std::enable_shared_from_this<ConnectionCache> {
 public:
  ConnectionCache(net::Loop& loop, ConnectionCacheLimits limits) : loop_(loop), limits_(limits) {}

  // The one that was used last and is still open; null: none.
  std::unique_ptr<SmtpConnection> take(const std::string& key);
  // Keeps it for a while, or sends QUIT where the limits say so.
  void put(const std::string& key, std::unique_ptr<SmtpConnection> connection);
  // QUIT to all.
  void clear();
  std::size_t size() const { return size_; }

 private:
  void sweep();
  void sweep_later();
  bool is_spent(const SmtpConnection& connection, SteadyTime now) const;

  net::Loop& loop_;
  const ConnectionCacheLimits limits_;
  std::map<std::string, std::vector<std::unique_ptr<SmtpConnection>>> idle_;
  std::size_t size_ = 0;
  bool sweep_is_due_ = false;
};

}  // namespace postern::delivery
