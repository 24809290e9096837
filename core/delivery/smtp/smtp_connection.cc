#include "core/delivery/smtp/smtp_connection.h"

#include <algorithm>

namespace postern::delivery {
namespace {

// While the server takes no more content, we look this often whether it says why.  RFC 5321
// s4.1.1.4 lets it answer early, and some that do stop reading.
constexpr std::chrono::milliseconds kListenInterval{500};

Error closed_by_peer() { return Error{ErrorKind::kClosed, "closed by the server", 0}; }

// A function of its own: g++ 12 destroys twice what a co_await in a conditional expression gives.
net::Task<Result<void>> wait_for(net::Socket& socket, net::IoStep::Wants what,
                                 SteadyTime deadline) {
  return what == net::IoStep::Wants::kWritable ? socket.wait_writable(deadline)
                                               : socket.wait_readable(deadline);
}

}  // namespace

SmtpConnection::SmtpConnection(std::unique_ptr<net::Stream> stream, PeerLabel peer,
                               net::SocketAddress address)
    : stream_(std::move(stream)), peer_(std::move(peer)), address_(std::move(address)) {}

SmtpConnection::~SmtpConnection() = default;

net::Task<std::expected<void, PeerFault>> SmtpConnection::write(std::string_view octets,
                                                                SmtpStage stage, Seconds timeout) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  while (!octets.empty()) {
    const auto step = stream_->try_write(octets);
    if (!step) co_return std::unexpected(lost(stage, step.error()));
    octets.remove_prefix(step->octets);
    if (step->wants == net::IoStep::Wants::kNothing) continue;
    net::Socket& socket = stream_->socket();
    const SteadyTime slice =
        std::min<SteadyTime>(deadline, std::chrono::steady_clock::now() + kListenInterval);
    const auto ready = co_await wait_for(socket, step->wants, slice);
    if (ready) continue;
    const bool has_time = ready.error().kind == ErrorKind::kTimeout && slice < deadline;
    if (has_time && (stage < SmtpStage::kContent || !listen())) continue;
    co_return std::unexpected(lost(stage, has_time ? closed_by_peer() : ready.error()));
  }
  co_return std::expected<void, PeerFault>();
}

PeerFault SmtpConnection::lost(SmtpStage stage, const Error& error) {
  is_usable = false;
  return lost_connection(peer_, stage, error);
}

// True: the server has said something, or has closed.
bool SmtpConnection::listen() {
  const std::span<char> scratch = stream_->socket().loop().scratch();
  const auto step = stream_->try_read(scratch);
  if (!step) return true;
  input_.append(scratch.data(), step->octets);
  return step->octets != 0 || step->wants == net::IoStep::Wants::kNothing;
}

net::Task<std::expected<const mail::Reply*, PeerFault>> SmtpConnection::read_reply(
    SmtpStage stage, Seconds timeout) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    if (consumed_ < input_.size()) {
      std::string_view left = std::string_view(input_).substr(consumed_);
      const auto status = parser_.feed(left);
      consumed_ = input_.size() - left.size();
      if (consumed_ == input_.size()) {
        input_.clear();
        consumed_ = 0;
      }
      if (status == smtp::ReplyParser::Status::kReply) {
        if (parser_.reply().code() == 421) is_usable = false;
        co_return &parser_.reply();
      }
      if (status == smtp::ReplyParser::Status::kFault) {
        is_usable = false;
        co_return std::unexpected(protocol_error(peer_, stage, smtp::to_string(parser_.fault())));
      }
    }
    // A server that never stops talking within one reply meets the parser's limits; one that takes
    // its time meets the deadline, which is for the whole reply.
    const auto ready = co_await stream_->wait_readable(deadline);
    if (!ready) {
      co_return std::unexpected(lost(stage, ready.error()));
    }
    const std::span<char> scratch = stream_->socket().loop().scratch();
    const auto step = stream_->try_read(scratch);
    const bool has_ended = step && step->wants == net::IoStep::Wants::kNothing && step->octets == 0;
    if (!step || has_ended) {
      co_return std::unexpected(lost(stage, step ? closed_by_peer() : step.error()));
    }
    if (step->wants == net::IoStep::Wants::kWritable) {
      const auto writable = co_await stream_->socket().wait_writable(deadline);
      if (!writable) {
        co_return std::unexpected(lost(stage, writable.error()));
      }
    }
    input_.append(scratch.data(), step->octets);
  }
}

const mail::Reply* SmtpConnection::reply_at_hand() {
  (void)listen();
  std::string_view left = std::string_view(input_).substr(consumed_);
  const auto status = parser_.feed(left);
  consumed_ = input_.size() - left.size();
  return status == smtp::ReplyParser::Status::kReply ? &parser_.reply() : nullptr;
}

bool SmtpConnection::has_unread() {
  return consumed_ < input_.size() || !parser_.is_idle() || stream_->has_pending();
}

bool SmtpConnection::is_quiet() {
  if (has_unread()) return false;
  // Under TLS a session ticket may arrive late: that is no text.
  const auto step = stream_->try_read(stream_->socket().loop().scratch());
  return step && step->octets == 0 && step->wants == net::IoStep::Wants::kReadable;
}

std::unique_ptr<net::Stream> SmtpConnection::take_stream() {
  input_.clear();
  consumed_ = 0;
  parser_ = smtp::ReplyParser();
  return std::move(stream_);
}

void SmtpConnection::put_stream(std::unique_ptr<net::Stream> stream) {
  stream_ = std::move(stream);
}

void SmtpConnection::quit() {
  is_usable = false;
  if (!stream_) return;
  // Six octets fit the socket's buffer, or the server is not worth them.
  (void)stream_->try_write("QUIT\r\n");
  stream_->shutdown();
  stream_->socket().close();
  stream_.reset();  // nothing may write to a number that the next connection will have
}

void SmtpConnection::abort() {
  is_usable = false;
  if (!stream_) return;
  stream_->socket().close(true);
  stream_.reset();
}

}  // namespace postern::delivery
