// SmtpConnection: one connection to a server, past or during its handshake: its stream, what the
// server offers, and its replies one at a time.  Knows nothing of messages.
// On its loop's thread; whoever holds it uses it alone.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "core/delivery/smtp/peer_fault.h"
#include "core/net/address.h"
#include "core/net/stream.h"
#include "core/smtp/capabilities.h"
#include "core/smtp/reply_parser.h"

namespace postern::delivery {

class SmtpConnection {
 public:
  SmtpConnection(std::unique_ptr<net::Stream> stream, PeerLabel peer, net::SocketAddress address);
  ~SmtpConnection();

  const PeerLabel& peer() const { return peer_; }
  const net::SocketAddress& address() const { return address_; }
  net::Stream& stream() { return *stream_; }

  // All of `octets`, which live until it returns.  Content that the server does not take any more
  // is given up as soon as the server says something: see reply_at_hand().
  net::Task<std::expected<void, PeerFault>> write(std::string_view octets, SmtpStage stage,
                                                  Seconds timeout);
  // The next reply, in whole within `timeout`.  Not null; valid until the next read.
  net::Task<std::expected<const mail::Reply*, PeerFault>> read_reply(SmtpStage stage,
                                                                     Seconds timeout);
  // A reply that came while we were still sending; null: none, or no sense to be made of it.
  // Does not wait.
  const mail::Reply* reply_at_hand();

  // The server has sent something that nobody asked for, or has closed.
  bool has_unread();
  // Of an idle connection: still open and silent.
  bool is_quiet();

  // Before TLS: the stream is taken out, what the server said in clear is forgotten.
  std::unique_ptr<net::Stream> take_stream();
  void put_stream(std::unique_ptr<net::Stream> stream);

  // Sends QUIT without waiting for the answer, and closes.
  void quit();
  // Closes at once; the server sees that the message is not complete.
  void abort();

  smtp::Capabilities capabilities;
  SteadyTime opened{};  // since when it counts for reuse_time_limit
  SteadyTime idle_since{};
  std::size_t uses = 0;     // transactions so far, the running one included
  bool needs_rset = false;  // a transaction was begun and not ended by the end of data
  bool is_usable = true;    // false: no more transactions
  std::string out;          // buffer of the running transaction, kept for the next one

 private:
  PeerFault lost(SmtpStage stage, const Error& error);
  bool listen();

  std::unique_ptr<net::Stream> stream_;
  PeerLabel peer_;
  net::SocketAddress address_;
  smtp::ReplyParser parser_;
  std::string input_;         // read and not parsed yet
  std::size_t consumed_ = 0;  // of input_
};

}  // namespace postern::delivery
