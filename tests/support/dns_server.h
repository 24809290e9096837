// DnsServer: Debian's nsd as a child process that serves test zones on a free loopback port.  It is
// ready when the constructor returns, and gone, with its files, when the object is.
// SilentDns: a port where questions get no answer.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <stdexcept>
#include <string>

#include "core/base/unique_fd.h"
#include "tests/support/temp_dir.h"

namespace postern::testing {

// A bound socket of 127.0.0.1; the kernel chooses the port where `port` is 0.
inline UniqueFd loopback_socket(int type, std::uint16_t& port) {
  UniqueFd fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return {};
  socklen_t length = sizeof address;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length);
  port = ntohs(address.sin_port);
  return fd;
}

// A port that is free for UDP and TCP.
inline std::uint16_t free_dns_port() {
  for (int i = 0; i < 100; ++i) {
    std::uint16_t port = 0;
    const UniqueFd udp = loopback_socket(SOCK_DGRAM, port);
    if (const UniqueFd tcp = loopback_socket(SOCK_STREAM, port)) return port;
  }
  throw std::runtime_error("no free port for DNS");
}

class SilentDns {
 public:
  SilentDns() : fd_(loopback_socket(SOCK_DGRAM, port_)) {}
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  std::uint16_t port_ = 0;
  UniqueFd fd_;
};

class DnsServer {
 public:
  // Zone name -> its records in master file form, without SOA and NS.  An unreadable zone (text
  // "broken") is answered with SERVFAIL.
  explicit DnsServer(const std::map<std::string, std::string>& zones) {
    for (int i = 0; i < 5; ++i) {  // another process may take the port in between
      port_ = free_dns_port();
      start(zones);
      if (wait_until_ready(zones.begin()->first)) return;
      stop();
    }
    throw std::runtime_error("/usr/sbin/nsd does not start (Debian package nsd)");
  }
  ~DnsServer() { stop(); }
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  void start(const std::map<std::string, std::string>& zones) {
    std::string config = "server:\n  ip-address: 127.0.0.1@" + std::to_string(port_) +
                         "\n  username: \"\"\n" + "  zonesdir: \"" + directory_.path() +
                         "\"\n  database: \"\"\n  pidfile: \"\"\n" +
                         "  xfrdfile: \"\"\n  zonelistfile: \"" + directory_ / "zone.list" +
                         "\"\n" + "  xfrdir: \"" + directory_.path() + "\"\n" + "  logfile: \"" +
                         directory_ / "nsd.log" + "\"\n  server-count: 1\n" +
                         "  cookie-secret-file: \"\"\n" + "remote-control:\n  control-enable: no\n";
    for (const auto& [name, records] : zones) {
      const std::string file = name + ".zone";
      config += "zone:\n  name: \"" + name + "\"\n  zonefile: \"" + file + "\"\n";
      if (records != "broken")
        directory_.write(file, "$ORIGIN " + name +
                                   ".\n$TTL 60\n@ SOA ns.invalid. root.invalid. 1 60 60 60 60\n" +
                                   "@ NS ns.invalid.\n" + records);
    }
    const std::string file = directory_.write("nsd.conf", config);
    pid_ = ::fork();
    if (pid_ != 0) return;
    // Goes with the test, even one that is killed, and keeps no pipe of the test runner open.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3; ++fd)
      ::dup2(null, fd);
    ::execl("/usr/sbin/nsd", "nsd", "-d", "-c", file.c_str(), nullptr);
    ::_exit(127);
  }

  // Asks for the zone's SOA until there is an answer.
  bool wait_until_ready(const std::string& zone) {
    std::string query("\x12\x34\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12);
    std::size_t at = 0;
    while (at < zone.size()) {
      const std::size_t dot = std::min(zone.find('.', at), zone.size());
      query += static_cast<char>(dot - at);
      query += zone.substr(at, dot - at);
      at = dot + 1;
    }
    query += std::string("\x00\x00\x06\x00\x01", 5);
    std::uint16_t any = 0;
    const UniqueFd fd = loopback_socket(SOCK_DGRAM, any);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port_);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < give_up) {
      int status = 0;
      if (::waitpid(pid_, &status, WNOHANG) == pid_) {
        pid_ = -1;
        return false;
      }
      ::sendto(fd.get(), query.data(), query.size(), 0, reinterpret_cast<sockaddr*>(&to),
               sizeof to);
      pollfd ready{.fd = fd.get(), .events = POLLIN, .revents = 0};
      char buffer[512];
      if (::poll(&ready, 1, 50) == 1 && ::recv(fd.get(), buffer, sizeof buffer, 0) > 12)
        return true;
    }
    return false;
  }

  void stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

  TempDir directory_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace postern::testing
