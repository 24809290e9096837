// smtp_load: an SMTP load generator that costs little, so that on a small machine the server under
// test gets the cores.  One thread, epoll, no allocation per message.  Next to smtp-source(1) it
// can pipeline (RFC 2920), measure the latency of each message's final reply, count refusals, and
// hold idle sessions.
//   smtp_load --port N [--connections C] [--messages M] [--size OCTETS] [--pipeline]
//             [--per-connection K] [--recipient ADDR] [--idle]
// Prints one line: key=value pairs.  Exit 1 where a reply was not 2yz or 3yz.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Time = std::chrono::steady_clock::time_point;

struct Options {
  std::uint16_t port = 25;
  std::string host = "127.0.0.1";
  unsigned connections = 20;
  unsigned long messages = 1000;
  unsigned long size = 4096;
  unsigned long per_connection = 0;  // 0: as many as there are
  std::string recipient = "someone@sink.test";
  bool pipeline = false;
  bool idle = false;
};

// What a connection waits for.  With --pipeline MAIL, RCPT and DATA are one write.
enum class Step { kGreeting, kEhlo, kMail, kRcpt, kData, kEnd, kQuit, kIdle };

struct Connection {
  int fd = -1;
  Step step = Step::kGreeting;
  unsigned long sent = 0;  // messages on this connection
  std::string_view out;    // what of the current write is left
  std::array<char, 2048> in{};
  std::size_t in_octets = 0;
  Time dot_sent;
};

class Load {
 public:
  explicit Load(Options options) : options_(std::move(options)), epoll_(::epoll_create1(0)) {
    mail_ = "MAIL FROM:<load@source.test>\r\n";
    rcpt_ = "RCPT TO:<" + options_.recipient + ">\r\n";
    data_ = "DATA\r\n";
    all_ = mail_ + rcpt_ + data_;
    content_ = "From: load@source.test\r\nTo: " + options_.recipient +
               "\r\nSubject: load\r\nDate: Tue, 24 Nov 2026 05:20:30 +0000\r\n"
               "Message-ID: <load@source.test>\r\n\r\n";
    while (content_.size() + 72 < options_.size)
      content_ += std::string(70, 'x') + "\r\n";
    content_ += ".\r\n";
    latencies_.reserve(options_.messages);
    connections_.resize(options_.connections);
  }

  int run() {
    const Time begin = std::chrono::steady_clock::now();
    for (Connection& each : connections_)
      if (!open(each)) return 1;
    std::array<epoll_event, 256> events;
    while (open_ != 0) {
      const int count = ::epoll_wait(epoll_, events.data(), events.size(), 30'000);
      if (count == 0) {
        std::fprintf(stderr, "smtp_load: nothing happened for 30 s, %u connections open\n", open_);
        return 1;
      }
      for (int i = 0; i < count; ++i)
        step(connections_[events[static_cast<std::size_t>(i)].data.u32],
             events[static_cast<std::size_t>(i)].events);
      if (options_.idle && idle_ == options_.connections) {
        std::printf("idle=%u\n", idle_);
        std::fflush(stdout);
        // Until the bench has looked at the server and closes our standard input.
        for (std::string line; std::getline(std::cin, line);) {
        }
        return 0;
      }
    }
    report(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    return refused_ == 0 && done_ == options_.messages ? 0 : 1;
  }

 private:
  bool open(Connection& connection) {
    connection.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    ::inet_pton(AF_INET, options_.host.c_str(), &address.sin_addr);
    if (::connect(connection.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      std::perror("smtp_load: connect");
      return false;
    }
    const int on = 1;
    ::setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::fcntl(connection.fd, F_SETFL, O_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = static_cast<std::uint32_t>(&connection - connections_.data());
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
    connection.step = Step::kGreeting;
    connection.sent = 0;
    connection.in_octets = 0;
    ++open_;
    return true;
  }

  void close(Connection& connection) {
    ::close(connection.fd);
    connection.fd = -1;
    --open_;
  }

  void want(Connection& connection, std::uint32_t what) const {
    epoll_event event{};
    event.events = what;
    event.data.u32 = static_cast<std::uint32_t>(&connection - connections_.data());
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
  }

  void send(Connection& connection, std::string_view octets) {
    connection.out = octets;
    flush(connection);
  }

  void flush(Connection& connection) {
    while (!connection.out.empty()) {
      const ssize_t n =
          ::send(connection.fd, connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
      if (n < 0) {
        if (errno == EAGAIN) want(connection, EPOLLIN | EPOLLOUT);
        return;
      }
      connection.out.remove_prefix(static_cast<std::size_t>(n));
    }
    if (connection.step == Step::kEnd) connection.dot_sent = std::chrono::steady_clock::now();
  }

  void step(Connection& connection, std::uint32_t what) {
    if ((what & EPOLLOUT) != 0) {
      flush(connection);
      if (connection.out.empty()) want(connection, EPOLLIN);
    }
    if ((what & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0 || connection.fd < 0) return;
    const ssize_t n = ::recv(connection.fd, connection.in.data() + connection.in_octets,
                             connection.in.size() - connection.in_octets, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      if (connection.step != Step::kQuit) ++refused_;
      close(connection);
      return;
    }
    connection.in_octets += static_cast<std::size_t>(n);
    std::size_t from = 0;
    for (;;) {
      const std::string_view rest(connection.in.data() + from, connection.in_octets - from);
      const std::size_t end = rest.find('\n');
      if (end == std::string_view::npos) break;
      const std::string_view line = rest.substr(0, end);
      from += end + 1;
      if (line.size() >= 4 && line[3] == '-') continue;
      reply(connection, line);
      if (connection.fd < 0) return;
    }
    std::copy(connection.in.begin() + static_cast<std::ptrdiff_t>(from),
              connection.in.begin() + static_cast<std::ptrdiff_t>(connection.in_octets),
              connection.in.begin());
    connection.in_octets -= from;
  }

  void reply(Connection& connection, std::string_view line) {
    if (line.empty() || (line.front() != '2' && line.front() != '3')) {
      if (++refused_ <= 3)
        std::fprintf(stderr, "smtp_load: refused: %.*s\n", static_cast<int>(line.size()),
                     line.data());
      close(connection);
      return;
    }
    switch (connection.step) {
      case Step::kGreeting:
        connection.step = Step::kEhlo;
        return send(connection, "EHLO load.source.test\r\n");
      case Step::kEhlo:
        if (options_.idle) {
          connection.step = Step::kIdle;
          ++idle_;
          return;
        }
        return next_message(connection);
      case Step::kMail:
        connection.step = Step::kRcpt;
        return options_.pipeline ? void() : send(connection, rcpt_);
      case Step::kRcpt:
        connection.step = Step::kData;
        return options_.pipeline ? void() : send(connection, data_);
      case Step::kData: connection.step = Step::kEnd; return send(connection, content_);
      case Step::kEnd: {
        const std::chrono::duration<float, std::micro> took =
            std::chrono::steady_clock::now() - connection.dot_sent;
        latencies_.push_back(took.count());
        ++done_;
        ++connection.sent;
        return next_message(connection);
      }
      case Step::kQuit: return close(connection);
      case Step::kIdle: return;
    }
  }

  void next_message(Connection& connection) {
    if (started_ == options_.messages) {
      connection.step = Step::kQuit;
      return send(connection, "QUIT\r\n");
    }
    if (options_.per_connection != 0 && connection.sent == options_.per_connection) {
      // What a real client does after its messages: the next ones come on a new connection.
      close(connection);
      open(connection);
      return;
    }
    ++started_;
    connection.step = Step::kMail;
    send(connection, options_.pipeline ? all_ : mail_);
  }

  void report(double seconds) {
    std::sort(latencies_.begin(), latencies_.end());
    const auto at = [&](double share) {
      if (latencies_.empty()) return 0.0;
      const auto index = static_cast<std::size_t>(share * static_cast<double>(latencies_.size()));
      return static_cast<double>(latencies_[std::min(index, latencies_.size() - 1)]);
    };
    std::printf("messages=%lu refused=%lu seconds=%.3f rate=%.1f p50_us=%.0f p99_us=%.0f\n", done_,
                refused_, seconds, static_cast<double>(done_) / seconds, at(0.5), at(0.99));
  }

  Options options_;
  int epoll_;
  std::string mail_, rcpt_, data_, all_, content_;
  std::vector<Connection> connections_;
  std::vector<float> latencies_;
  unsigned open_ = 0;
  unsigned idle_ = 0;
  unsigned long started_ = 0;
  unsigned long done_ = 0;
  unsigned long refused_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("SMTP load generator");
  app.add_option("--host", options.host);
  app.add_option("--port", options.port)->required();
  app.add_option("--connections", options.connections);
  app.add_option("--messages", options.messages);
  app.add_option("--size", options.size);
  app.add_option("--per-connection", options.per_connection);
  app.add_option("--recipient", options.recipient);
  app.add_flag("--pipeline", options.pipeline);
  app.add_flag("--idle", options.idle);
  CLI11_PARSE(app, argc, argv);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  std::signal(SIGPIPE, SIG_IGN);
  return Load(std::move(options)).run();
}
