// A client for tests: a blocking socket, raw octets out, whole replies in.  Gives up after 20 s.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string>
#include <string_view>

#include "tests/support/stream_pair.h"

namespace postern::testing {

class SmtpPeer {
 public:
  explicit SmtpPeer(const net::SocketAddress& server) : fd_(blocking_connect(server)) {}
  SmtpPeer(const SmtpPeer&) = delete;
  ~SmtpPeer() {
    if (ssl_ != nullptr) SSL_free(ssl_);
    if (context_ != nullptr) SSL_CTX_free(context_);
  }

  void send(std::string_view octets) {
    if (ssl_ == nullptr) {
      send_all(fd_.get(), octets);
    } else if (!octets.empty()) {
      SSL_write(ssl_, octets.data(), static_cast<int>(octets.size()));
    }
  }
  // One reply, lines with LF between; "" where the server has closed or says nothing.
  std::string reply() {
    std::string out;
    for (;;) {
      const std::string line = read_line();
      if (line.empty()) return out;
      if (!out.empty()) out += '\n';
      out += line;
      if (line.size() < 4 || line[3] != '-') return out;
    }
  }
  std::string command(std::string_view line) {
    send(std::string(line) + "\r\n");
    return reply();
  }
  // The server closes without another word.
  bool is_closed() { return read_line().empty() && at_end_; }
  // Everything until the server closes.
  std::string rest() {
    std::string out = std::exchange(buffer_, {});
    while (fill())
      out += std::exchange(buffer_, {});
    return out;
  }
  void finish_sending() { ::shutdown(fd_.get(), SHUT_WR); }
  int fd() const { return fd_.get(); }

  bool start_tls() {
    context_ = SSL_CTX_new(TLS_client_method());
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd_.get());
    return SSL_connect(ssl_) == 1;
  }

 private:
  bool fill() {
    char octets[16 * 1024];
    ssize_t count = 0;
    if (ssl_ != nullptr) {
      count = SSL_read(ssl_, octets, sizeof octets);
    } else {
      pollfd ready{.fd = fd_.get(), .events = POLLIN, .revents = 0};
      if (::poll(&ready, 1, 20'000) != 1) return false;
      count = ::recv(fd_.get(), octets, sizeof octets, 0);
    }
    if (count <= 0) {
      at_end_ = true;
      return false;
    }
    buffer_.append(octets, static_cast<std::size_t>(count));
    return true;
  }
  std::string read_line() {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n")) == std::string::npos)
      if (!fill()) return {};
    std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end + 2);
    return line;
  }

  UniqueFd fd_;
  std::string buffer_;
  bool at_end_ = false;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
};

}  // namespace postern::testing
