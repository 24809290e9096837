#include "core/delivery/smtp/smtp_connection.h"

namespace postern::delivery {
namespace {

Error closed_by_peer() { return Error{ErrorKind::kClosed, "closed by the server", 0}; }

}  // namespace

SmtpConnection::SmtpConnection(std::unique_ptr<net::Stream> stream, PeerLabel peer,
                               net::SocketAddress address)
    : stream_(std::move(stream)), peer_(std::move(peer)), address_(std::move(address)) {}

SmtpConnection::~SmtpConnection() = default;

net::Task<std::expected<void, PeerFault>> SmtpConnection::write(std::string_view octets,
                                                                SmtpStage stage, Seconds timeout) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  const auto written = co_await stream_->write_all(octets, deadline);
  if (written) co_return std::expected<void, PeerFault>();
  is_usable = false;
  co_return std::unexpected(lost_connection(peer_, stage, written.error()));
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
      is_usable = false;
      co_return std::unexpected(lost_connection(peer_, stage, ready.error()));
    }
    const std::span<char> scratch = stream_->socket().loop().scratch();
    const auto step = stream_->try_read(scratch);
    const bool has_ended = step && step->wants == net::IoStep::Wants::kNothing && step->octets == 0;
    if (!step || has_ended) {
      is_usable = false;
      co_return std::unexpected(
          lost_connection(peer_, stage, step ? closed_by_peer() : step.error()));
    }
    if (step->wants == net::IoStep::Wants::kWritable) {
      const auto writable = co_await stream_->socket().wait_writable(deadline);
      if (!writable) {
        is_usable = false;
        co_return std::unexpected(lost_connection(peer_, stage, writable.error()));
      }
    }
    input_.append(scratch.data(), step->octets);
  }
}

const mail::Reply* SmtpConnection::reply_at_hand() {
  const std::span<char> scratch = stream_->socket().loop().scratch();
  if (const auto step = stream_->try_read(scratch)) input_.append(scratch.data(), step->octets);
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
