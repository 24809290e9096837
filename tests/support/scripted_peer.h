// ScriptedPeer: a server for tests of clients, on a loopback or unix socket.  Each connection runs
// a script in a thread of its own, with plain blocking calls.
//   PeerRules rules;
//   rules.reply = [](const std::string& line) { return line.starts_with("RCPT") ? "550 no" : ""; };
//   ScriptedPeer peer(serve(rules));
//   ... deliver to peer.address() ...
//   EXPECT_EQ(rules.seen->messages().size(), 1U);
#pragma once

#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/support/stream_pair.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_certificate.h"

namespace postern::testing {

// What one connection sees.  Gives up after 20 s of silence.
class PeerSession {
 public:
  explicit PeerSession(int fd) : fd_(fd) {}
  ~PeerSession() {
    if (ssl_ != nullptr) SSL_free(ssl_);
    if (context_ != nullptr) SSL_CTX_free(context_);
  }
  PeerSession(const PeerSession&) = delete;
  PeerSession& operator=(const PeerSession&) = delete;

  void send(std::string_view octets) {
    if (ssl_ != nullptr)
      SSL_write(ssl_, octets.data(), static_cast<int>(octets.size()));
    else
      send_all(fd_, octets);
  }
  void say(std::string_view line) { send(std::string(line) + "\r\n"); }
  // Without its line end; at the end of the connection "" and is_open() false.
  std::string line() { return take_until("\r\n", 2); }
  // Mail data as on the wire, dots stuffed, with the final dot.
  std::string data() {
    if (fill_to(3) && buffer_.starts_with(".\r\n")) return take(3);
    return take_until("\r\n.\r\n", 0);
  }
  std::string octets(std::size_t count) { return fill_to(count) ? take(count) : std::string(); }
  // Something can be read without waiting.
  bool has_more() {
    if (!buffer_.empty()) return true;
    pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
    return ::poll(&ready, 1, 0) == 1;
  }
  bool is_open() const { return is_open_; }
  bool is_tls() const { return ssl_ != nullptr; }
  void wait_for_end() {
    while (is_open_)
      (void)take(buffer_.size()), fill();
  }
  void close() {
    ::shutdown(fd_, SHUT_RDWR);
    is_open_ = false;
  }
  void reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    is_open_ = false;
  }
  bool start_tls() {
    static const TestCertificate certificate;
    const TempDir directory;
    const auto files = certificate.write(directory);
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate_chain_file(context_, files.certificate.c_str());
    SSL_CTX_use_PrivateKey_file(context_, files.key.c_str(), SSL_FILETYPE_PEM);
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd_);
    if (SSL_accept(ssl_) == 1) return true;
    close();
    return false;
  }

 private:
  bool fill() {
    char octets[16 * 1024];
    ssize_t count = 0;
    if (ssl_ != nullptr) {
      count = SSL_read(ssl_, octets, sizeof octets);
    } else {
      pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
      count = ::poll(&ready, 1, 20'000) == 1 ? ::recv(fd_, octets, sizeof octets, 0) : 0;
    }
    if (count <= 0) {
      is_open_ = false;
      return false;
    }
    buffer_.append(octets, static_cast<std::size_t>(count));
    return true;
  }
  bool fill_to(std::size_t count) {
    while (buffer_.size() < count)
      if (!fill()) return false;
    return true;
  }
  std::string take(std::size_t count) {
    std::string out = buffer_.substr(0, count);
    buffer_.erase(0, count);
    return out;
  }
  std::string take_until(std::string_view end, std::size_t cut) {
    std::size_t searched = 0;
    for (;;) {
      const std::size_t at = buffer_.find(end, searched);
      if (at != std::string::npos) {
        std::string out = take(at + end.size());
        out.resize(out.size() - cut);
        return out;
      }
      searched = buffer_.size() > end.size() ? buffer_.size() - end.size() : 0;
      if (!fill()) return {};
    }
  }

  const int fd_;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  std::string buffer_;
  bool is_open_ = true;
};

using PeerScript = std::function<void(PeerSession&)>;

class ScriptedPeer {
 public:
  // Connection n runs script n; the last one runs for all that follow.
  explicit ScriptedPeer(
      std::vector<PeerScript> scripts,
      const net::SocketAddress& where = net::SocketAddress::ip("127.0.0.1", 0).value())
      : scripts_(std::move(scripts)), listening_(net::bind_listener(where).value()) {
    address_ = where.is_ip() ? net::local_address(listening_.get()).value() : where;
    ::signal(SIGPIPE, SIG_IGN);  // SSL_write to a client that has gone
    thread_ = std::thread([this] { accept_all(); });
  }
  explicit ScriptedPeer(PeerScript script) : ScriptedPeer(std::vector{std::move(script)}) {}
  ~ScriptedPeer() {
    ::shutdown(listening_.get(), SHUT_RDWR);
    is_stopping_ = true;
    thread_.join();
    for (const UniqueFd& fd : sockets_)
      ::shutdown(fd.get(), SHUT_RDWR);
    for (std::thread& each : sessions_)
      each.join();
  }
  ScriptedPeer(const ScriptedPeer&) = delete;
  ScriptedPeer& operator=(const ScriptedPeer&) = delete;

  const net::SocketAddress& address() const { return address_; }
  std::size_t connections() const { return connections_; }

 private:
  void accept_all() {
    while (!is_stopping_) {
      pollfd ready{.fd = listening_.get(), .events = POLLIN, .revents = 0};
      if (::poll(&ready, 1, 1000) != 1) continue;
      UniqueFd fd(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd) continue;
      const int on = 1;
      ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const std::size_t number = connections_++;
      sockets_.push_back(std::move(fd));
      sessions_.emplace_back([this, number, raw = sockets_.back().get()] {
        {
          PeerSession session(raw);
          scripts_[std::min(number, scripts_.size() - 1)](session);
        }
        // The descriptor stays, so that its number is not used again under another thread's hands;
        // only the connection ends, by RST where the script said so.
        linger how{};
        socklen_t length = sizeof how;
        ::getsockopt(raw, SOL_SOCKET, SO_LINGER, &how, &length);
        if (how.l_onoff != 0) {
          const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
          ::dup3(null, raw, O_CLOEXEC);  // closes the socket, and keeps the number
          ::close(null);
        } else {
          ::shutdown(raw, SHUT_RDWR);
        }
      });
    }
  }

  const std::vector<PeerScript> scripts_;
  UniqueFd listening_;
  net::SocketAddress address_;
  std::vector<UniqueFd> sockets_;  // of the accepting thread, then of the destructor
  std::vector<std::thread> sessions_;
  std::atomic<std::size_t> connections_{0};
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

// What a peer got, over all its connections.  Thread-safe.
class PeerTranscript {
 public:
  void add_line(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  void add_message(std::string wire, bool under_tls) {
    const std::lock_guard lock(mutex_);
    messages_.push_back(std::move(wire));
    clear_messages_ += !under_tls;
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  std::vector<std::string> messages() const {
    const std::lock_guard lock(mutex_);
    return messages_;
  }
  std::size_t messages_in_clear() const {
    const std::lock_guard lock(mutex_);
    return clear_messages_;
  }
  // Lines that begin with `verb`.
  std::vector<std::string> of(std::string_view verb) const {
    std::vector<std::string> out;
    for (std::string& line : lines())
      if (line.starts_with(verb)) out.push_back(std::move(line));
    return out;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
  std::vector<std::string> messages_;
  std::size_t clear_messages_ = 0;
};

struct PeerRules {
  std::string name = "peer.example";
  std::string greeting = "220 peer.example ESMTP";
  std::vector<std::string> extensions{"PIPELINING", "SIZE",     "8BITMIME",
                                      "DSN",        "SMTPUTF8", "ENHANCEDSTATUSCODES"};
  bool is_lmtp = false;
  // Where it gives something, that is the reply to the line: text without the last CRLF, or
  // "!close", "!reset", "!silence" (until the client goes).  "." is asked for the end of data; with
  // LMTP once for each recipient taken, as ". <recipient number>".
  std::function<std::string(const std::string& line)> reply;
  std::string after_starttls;  // sent along with the 220
  bool tls_handshake = true;   // false: closes instead
  std::shared_ptr<PeerTranscript> seen = std::make_shared<PeerTranscript>();
};

namespace internal {

class RuleServer {
 public:
  RuleServer(const PeerRules& rules, PeerSession& session) : rules_(rules), session_(session) {}

  void run() {
    if (!answer("greeting", rules_.greeting)) return;
    while (session_.is_open()) {
      const std::string line = session_.line();
      if (!session_.is_open()) return;
      rules_.seen->add_line(line);
      if (!take(line)) return;
    }
  }

 private:
  // False: the connection has ended.
  bool answer(const std::string& line, const std::string& usual) {
    const std::string own = rules_.reply ? rules_.reply(line) : std::string();
    last_ = own.empty() ? usual : own;
    if (last_ == "!close") return session_.close(), false;
    if (last_ == "!reset") return session_.reset(), false;
    if (last_ == "!silence") return session_.wait_for_end(), false;
    session_.say(last_);
    if (last_.starts_with("421")) return session_.close(), false;
    return true;
  }

  std::string hello() const {
    std::vector<std::string> lines{rules_.name};
    for (const std::string& each : rules_.extensions)
      if (each != "STARTTLS" || !session_.is_tls()) lines.push_back(each);
    std::string out;
    for (std::size_t i = 0; i < lines.size(); ++i)
      out += (i == 0 ? "" : "\r\n") + std::string("250") + (i + 1 < lines.size() ? "-" : " ") +
             lines[i];
    return out;
  }

  bool end_of_data() {
    if (!rules_.is_lmtp) return answer(".", "250 2.0.0 Ok: queued as 12345");
    for (std::size_t i = 0; i < recipients_; ++i)
      if (!answer(". " + std::to_string(i), "250 2.0.0 saved")) return false;
    return true;
  }

  bool take(const std::string& line) {
    const std::string verb = line.substr(0, 4);
    if (verb == "EHLO" || verb == "LHLO") return answer(line, hello());
    if (verb == "HELO") return answer(line, "250 " + rules_.name);
    if (verb == "MAIL" || verb == "RSET") {
      recipients_ = 0;
      chunks_.clear();
      return answer(line, "250 2.1.0 Ok");
    }
    if (verb == "RCPT") {
      const bool goes_on = answer(line, "250 2.1.5 Ok");
      recipients_ += last_.starts_with("2");
      return goes_on;
    }
    if (verb == "DATA") {
      if (!answer(line, recipients_ ? "354 go on" : "554 5.5.1 no valid recipients")) return false;
      if (!last_.starts_with("3")) return true;
      std::string wire = session_.data();
      if (!session_.is_open()) return false;
      rules_.seen->add_message(std::move(wire), session_.is_tls());
      return end_of_data();
    }
    if (verb == "BDAT") {
      chunks_ += session_.octets(std::stoul(line.substr(5)));
      if (!line.ends_with("LAST")) return answer(line, "250 2.0.0 Ok");
      if (recipients_ == 0) return answer(".", "554 5.5.1 no valid recipients");
      rules_.seen->add_message(std::exchange(chunks_, {}), session_.is_tls());
      return end_of_data();
    }
    if (line == "STARTTLS") {
      const bool goes_on =
          answer(line, "220 2.0.0 Ready to start TLS" + (rules_.after_starttls.empty()
                                                             ? std::string()
                                                             : "\r\n" + rules_.after_starttls));
      if (!goes_on || !last_.starts_with("220")) return goes_on;
      if (!rules_.tls_handshake) return session_.close(), false;
      return session_.start_tls();
    }
    if (verb == "QUIT") {
      answer(line, "221 2.0.0 Bye");
      return false;
    }
    return answer(line, "250 2.0.0 Ok");
  }

  const PeerRules& rules_;
  PeerSession& session_;
  std::string last_;
  std::size_t recipients_ = 0;
  std::string chunks_;
};

}  // namespace internal

inline PeerScript serve(PeerRules rules) {
  return [rules = std::move(rules)](PeerSession& session) {
    internal::RuleServer(rules, session).run();
  };
}

}  // namespace postern::testing
