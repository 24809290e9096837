// ListenerSet: the bound ports and what their sessions are told.  A reload swaps what a port tells
// the next session, binds what is new and closes what is gone; sessions go on with what they began
// with.  A connection goes to the loop with the fewest, so that each core has its share.
// apply() and stop() on one thread at a time; it must be gone before the loops are.
#pragma once

#include <memory>
#include <vector>

#include "core/engine/current.h"
#include "core/engine/interfaces.h"
#include "core/net/listener.h"
#include "core/server/session_set.h"

namespace postern::engine {

// The sessions of all loops.
class Sessions {
 public:
  explicit Sessions(net::LoopPool& loops);
  // On a loop's thread: the connection stays there unless another loop has fewer.
  void begin(std::shared_ptr<const server::ServerSite> site, UniqueFd fd, net::SocketAddress peer);
  std::size_t count() const;
  // Ends all: 421 at the next command, and what is left after `patience` is cut off.  Blocks; not
  // on a loop's thread.  False: some session has not ended even so.
  bool stop(std::chrono::milliseconds patience);

 private:
  struct Place {
    explicit Place(net::Loop& owner) : loop(owner), set(owner) {}
    net::Loop& loop;
    server::SessionSet set;
    std::atomic<std::size_t> arriving{0};  // given to the loop, not yet begun
  };
  Place& least_busy();
  bool wait_until_idle(std::chrono::milliseconds patience);

  std::vector<std::unique_ptr<Place>> places_;
};

class ListenerSet {
 public:
  ListenerSet(net::LoopPool& loops, Sessions& sessions) : loops_(loops), sessions_(sessions) {}
  ~ListenerSet() { stop(); }

  struct Socket {
    net::SocketAddress wanted;
    std::string service;
    std::shared_ptr<UniqueFd> fd;  // null: the machine lacks the protocol
  };
  // Sockets for `plans`, in their order: those of `bound` that fit, and new ones.  Needs no loops,
  // and nothing has changed where it fails.
  static Result<std::vector<Socket>> bind(const std::vector<BindPlan>& plans,
                                          const std::vector<Socket>& bound);
  // Those in use.
  std::vector<Socket> sockets() const;
  // `sites`: what each socket's sessions are told; in the same order.
  void apply(std::vector<Socket> sockets,
             std::vector<std::shared_ptr<const server::ServerSite>> sites);
  // Accepts nothing more; the sockets are closed.
  void stop();

  // What the sockets are really bound to, in the order of the last apply().
  std::vector<net::SocketAddress> addresses() const;

 private:
  struct Port;

  net::LoopPool& loops_;
  Sessions& sessions_;
  std::vector<std::shared_ptr<Port>> ports_;
};

}  // namespace postern::engine
