// smtp_drain: takes mail over SMTP and throws it away, at the cost of little more than the reading.
// smtp-sink(1) looks at each octet of mail data by itself, 2.4 ms of CPU a megabyte, so beside it
// every relay looks equally slow; this one looks for the end with memmem(3).  One thread, epoll.
//   smtp_drain --port N --messages M
// Ends with the last message; prints one line: messages and octets of mail data.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace {

constexpr std::string_view kEnd = "\r\n.\r\n";

struct Connection {
  int fd = -1;
  bool in_data = false;
  std::string line;  // a command that has not ended
  // The last octets of mail data, where kEnd may have begun.  A new message begins after CRLF.
  std::string tail;
};

class Drain {
 public:
  Drain(std::uint16_t port, unsigned long messages)
      : wanted_(messages), epoll_(::epoll_create1(EPOLL_CLOEXEC)), buffer_(new char[kBuffer]) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(listener_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 1000) != 0)
      throw std::runtime_error("smtp_drain: cannot listen on port " + std::to_string(port));
    watch(listener_);
  }

  void run() {
    std::array<epoll_event, 256> events;
    while (messages_ < wanted_) {
      const int count = ::epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        fd == listener_ ? accept() : read(fd);
      }
    }
    std::printf("messages=%lu octets=%llu\n", messages_, octets_);
  }

 private:
  static constexpr std::size_t kBuffer = 256 * 1024;

  void watch(int fd) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept() {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    connections_[fd].fd = fd;
    watch(fd);
    say(fd, "220 drain.test ESMTP\r\n");
  }

  // Replies are short and awaited: they fit into the socket's buffer.
  static void say(int fd, std::string_view reply) {
    if (::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL) < 0) std::perror("smtp_drain: send");
  }

  void read(int fd) {
    const ssize_t count = ::recv(fd, buffer_.get(), kBuffer, 0);
    if (count < 0) return;
    const auto found = connections_.find(fd);
    if (count == 0) {
      connections_.erase(found);
      ::close(fd);
      return;
    }
    Connection& connection = found->second;
    std::string_view input(buffer_.get(), static_cast<std::size_t>(count));
    std::string replies;
    while (!input.empty())
      connection.in_data ? take_data(connection, input, replies)
                         : take_command(connection, input, replies);
    if (!replies.empty()) say(fd, replies);
  }

  static void take_command(Connection& connection, std::string_view& input, std::string& replies) {
    const std::size_t lf = input.find('\n');
    connection.line += input.substr(0, lf);
    input.remove_prefix(lf == std::string_view::npos ? input.size() : lf + 1);
    if (lf == std::string_view::npos) return;
    const std::string verb = connection.line.substr(0, 4);
    connection.line.clear();
    if (verb == "EHLO") {
      replies += "250-drain.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n";
    } else if (verb == "DATA") {
      replies += "354 go on\r\n";
      connection.in_data = true;
      connection.tail = "\r\n";
    } else {
      replies += verb == "QUIT" ? "221 2.0.0 bye\r\n" : "250 2.0.0 ok\r\n";
    }
  }

  void take_data(Connection& connection, std::string_view& input, std::string& replies) {
    // The end may lie across the border of two reads.
    std::string border = connection.tail;
    const std::size_t before = border.size();
    border += input.substr(0, kEnd.size() - 1);
    std::size_t end = border.find(kEnd);
    if (end != std::string::npos) {
      end = end + kEnd.size() - before;
    } else {
      const void* const at = ::memmem(input.data(), input.size(), kEnd.data(), kEnd.size());
      end = at == nullptr ? 0
                          : static_cast<std::size_t>(static_cast<const char*>(at) - input.data()) +
                                kEnd.size();
    }
    if (end == 0) {
      octets_ += input.size();
      const std::string_view kept = input.size() >= kEnd.size() - 1 ? input : border;
      connection.tail = kept.substr(kept.size() - std::min(kept.size(), kEnd.size() - 1));
      input = {};
      return;
    }
    octets_ += end;
    ++messages_;
    input.remove_prefix(end);
    connection.in_data = false;
    replies += "250 2.0.0 taken\r\n";
  }

  unsigned long wanted_;
  int epoll_;
  int listener_ = -1;
  std::unique_ptr<char[]> buffer_;
  std::unordered_map<int, Connection> connections_;
  unsigned long messages_ = 0;
  unsigned long long octets_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  std::uint16_t port = 0;
  unsigned long messages = 0;
  CLI::App app("An SMTP server that throws mail away");
  app.add_option("--port", port)->required();
  app.add_option("--messages", messages)->required();
  CLI11_PARSE(app, argc, argv);
  Drain(port, messages).run();
  return 0;
}
