// SessionSet: the SMTP sessions of one loop: begins them, counts them, and ends them when the
// engine stops.  A stop has two steps: drain(), then, when the engine's patience is over, abort().
// For the loop's thread; count() on any.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <unordered_set>

#include "core/base/unique_fd.h"
#include "core/net/address.h"
#include "core/net/loop.h"
#include "core/net/task_group.h"
#include "core/server/server_site.h"

namespace postern::server {

class Session;

class SessionSet {
 public:
  explicit SessionSet(net::Loop& loop) : loop_(loop), tasks_(loop) {}
  ~SessionSet();  // no session may run any more
  SessionSet(const SessionSet&) = delete;
  SessionSet& operator=(const SessionSet&) = delete;

  // A new connection, from accept to close.  `fd`: connected, as net::Listener gives it.
  void begin(std::shared_ptr<const ServerSite> site, UniqueFd fd, const net::SocketAddress& peer);

  // Sessions between transactions are told 421 at once, the others at their next command; a message
  // whose data is under way is still taken.  New ones are refused with 421.
  void drain();
  // Cuts off what is left; messages without a 250 are gone.
  void abort();
  bool is_draining() const { return draining_; }

  std::size_t count() const { return tasks_.count(); }
  // `done` once, when no session runs.
  void on_idle(std::move_only_function<void()> done) { tasks_.on_idle(std::move(done)); }

 private:
  friend class Session;
  void add(Session& session) { sessions_.insert(&session); }
  void remove(Session& session) { sessions_.erase(&session); }

  net::Loop& loop_;
  net::TaskGroup tasks_;
  std::unordered_set<Session*> sessions_;
  bool draining_ = false;
};

}  // namespace postern::server
