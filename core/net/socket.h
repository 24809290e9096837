// Socket: one connected, non-blocking stream socket on one loop, and waiting for it with a
// deadline. The deadline is a watchdog that is re-armed only when it fires too early, so moving it
// on with every command costs nothing. For the loop's thread; at most one wait in each direction at
// a time.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/base/units.h"
#include "core/net/loop.h"
#include "core/net/task.h"

namespace postern::net {

class Socket {
 public:
  // `fd`: connected or connecting; is made non-blocking and close-on-exec.
  Socket(Loop& loop, UniqueFd fd);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  Loop& loop() { return loop_; }
  int fd() const { return fd_; }

  // Until octets can be read (or the peer has closed).  kTimeout at the deadline; kClosed after
  // cancel().
  Task<Result<void>> wait_readable(SteadyTime deadline);
  Task<Result<void>> wait_writable(SteadyTime deadline);
  // Ends the waits, now and to come, with kClosed.  From the loop's thread.
  void cancel();
  bool is_cancelled() const { return cancelled_; }
  // Closes at once with RST where `abort`, else an orderly close.
  void close(bool abort = false);

 private:
  struct Watchdog;
  Task<Result<void>> wait(boost::asio::posix::stream_descriptor::wait_type what,
                          SteadyTime deadline);

  Loop& loop_;
  int fd_ = -1;
  boost::asio::posix::stream_descriptor descriptor_;
  std::shared_ptr<Watchdog> watchdog_;
  bool cancelled_ = false;
};

}  // namespace postern::net
