// Stream: octets to and from one peer, in plain text or under TLS (tls/tls_stream.h).
// Two layers: the try_ calls never wait and need no buffer of their own between calls, so an idle
// session costs a socket and a coroutine frame; the Task calls wait with a deadline.
// For the loop's thread; one reader and one writer at a time.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "core/net/socket.h"

namespace postern::net {

// What one try came to.
struct IoStep {
  std::size_t octets = 0;
  // kNothing: done (octets > 0), or the peer has closed (octets == 0).
  enum class Wants { kNothing, kReadable, kWritable } wants = Wants::kNothing;
};

class Stream {
 public:
  virtual ~Stream() = default;

  virtual Socket& socket() = 0;
  // What is there now, up to buffer.size().  Under TLS even reading may have to wait for writing.
  // Errors: kIo, and kClosed where TLS ended without close_notify (a truncation).
  virtual Result<IoStep> try_read(std::span<char> buffer) = 0;
  virtual Result<IoStep> try_write(std::string_view octets) = 0;
  // Octets that were decrypted or buffered and can be read without waiting for the socket.
  virtual bool has_pending() const { return false; }
  virtual bool is_tls() const { return false; }
  // Tells the peer that we are done (TLS close_notify, FIN), without waiting.
  virtual void shutdown() = 0;

  // Until try_read() would give something.  kTimeout, kClosed as Socket.
  Task<Result<void>> wait_readable(SteadyTime deadline);
  // At least one octet; 0: the peer has closed in order.
  Task<Result<std::size_t>> read_some(std::span<char> buffer, SteadyTime deadline);
  // All of `octets`, which must live until it returns.
  Task<Result<void>> write_all(std::string_view octets, SteadyTime deadline);
};

// Takes over a connected socket.
std::unique_ptr<Stream> make_plain_stream(std::unique_ptr<Socket> socket);

}  // namespace postern::net
