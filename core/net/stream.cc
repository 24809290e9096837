#include "core/net/stream.h"

#include <sys/socket.h>

#include "core/base/check.h"

namespace postern::net {
namespace {

bool would_block(int sys_errno) { return sys_errno == EAGAIN || sys_errno == EWOULDBLOCK; }

class PlainStream final : public Stream {
 public:
  explicit PlainStream(std::unique_ptr<Socket> socket) : socket_(std::move(socket)) {}

  Socket& socket() override { return *socket_; }

  Result<IoStep> try_read(std::span<char> buffer) override {
    POSTERN_CHECK(!buffer.empty());  // 0 octets would look like the end
    for (;;) {
      const ssize_t count = ::recv(socket_->fd(), buffer.data(), buffer.size(), 0);
      if (count >= 0) return IoStep{static_cast<std::size_t>(count), IoStep::Wants::kNothing};
      if (would_block(errno)) return IoStep{0, IoStep::Wants::kReadable};
      if (errno != EINTR) return fail_errno("reading from the peer");
    }
  }

  Result<IoStep> try_write(std::string_view octets) override {
    for (;;) {
      // MSG_NOSIGNAL: a peer that has gone is an error, not a SIGPIPE for the process.
      const ssize_t count = ::send(socket_->fd(), octets.data(), octets.size(), MSG_NOSIGNAL);
      if (count >= 0) return IoStep{static_cast<std::size_t>(count), IoStep::Wants::kNothing};
      if (would_block(errno)) return IoStep{0, IoStep::Wants::kWritable};
      if (errno != EINTR) return fail_errno("writing to the peer");
    }
  }

  void shutdown() override { ::shutdown(socket_->fd(), SHUT_WR); }

 private:
  std::unique_ptr<Socket> socket_;
};

Task<Result<void>> ready_now() { co_return Result<void>(); }

Task<Result<void>> wait_for(Socket& socket, IoStep::Wants what, SteadyTime deadline) {
  return what == IoStep::Wants::kReadable ? socket.wait_readable(deadline)
                                          : socket.wait_writable(deadline);
}

}  // namespace

Task<Result<void>> Stream::wait_readable(SteadyTime deadline) {
  if (has_pending()) return ready_now();
  return socket().wait_readable(deadline);
}

Task<Result<std::size_t>> Stream::read_some(std::span<char> buffer, SteadyTime deadline) {
  for (;;) {
    const auto step = try_read(buffer);
    if (!step) co_return std::unexpected(step.error());
    if (step->wants == IoStep::Wants::kNothing) co_return step->octets;
    const auto ready = co_await wait_for(socket(), step->wants, deadline);
    if (!ready) co_return std::unexpected(ready.error());
  }
}

Task<Result<void>> Stream::write_all(std::string_view octets, SteadyTime deadline) {
  while (!octets.empty()) {
    const auto step = try_write(octets);
    if (!step) co_return std::unexpected(step.error());
    octets.remove_prefix(step->octets);
    if (step->wants == IoStep::Wants::kNothing) continue;
    const auto ready = co_await wait_for(socket(), step->wants, deadline);
    if (!ready) co_return std::unexpected(ready.error());
  }
  co_return Result<void>();
}

std::unique_ptr<Stream> make_plain_stream(std::unique_ptr<Socket> socket) {
  return std::make_unique<PlainStream>(std::move(socket));
}

}  // namespace postern::net
