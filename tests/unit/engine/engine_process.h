// posternd itself, on a loopback port of the kernel's choice, with everything below one directory.
// Started by root it becomes nobody, as it would become mail_owner on a real host.
//   EngineProcess engine;                                    // a Maildir for everybody at
//   local.test EngineProcess engine({{"relayhost", "[127.0.0.1]:2500"}});
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "core/base/unique_fd.h"
#include "core/net/address.h"
#include "tests/support/smtp_peer.h"
#include "tests/support/temp_dir.h"

namespace postern::testing {

using Parameters = std::map<std::string, std::string>;

class EngineProcess {
 public:
  static constexpr const char* kMasterCf =
      "127.0.0.1:0 inet n - n - - smtpd\n"
      "smtp unix - - n - - smtp\n"
      "relay unix - - n - - smtp\n"
      "virtual unix - n n - - virtual\n"
      "error unix - - n - - error\n"
      "retry unix - - n - - error\n";

  explicit EngineProcess(Parameters more = {}, std::string master = kMasterCf) {
    ::chmod(directory_.path().c_str(), 0755);
    std::filesystem::create_directories(mailboxes());
    if (::geteuid() == 0) {
      EXPECT_EQ(::chown(mailboxes().c_str(), kNobody, kNobody), 0);
    }
    configure(std::move(more), std::move(master));
    start();
  }
  ~EngineProcess() {
    stop();
    if (::testing::Test::HasFailure()) std::fputs(log().c_str(), stderr);
  }

  // Writes main.cf and master.cf; a running engine reads them with reload().
  void configure(Parameters more = {}, const std::string& master = kMasterCf) {
    const std::string uid = std::to_string(::geteuid() == 0 ? kNobody : ::geteuid());
    const std::string gid = std::to_string(::geteuid() == 0 ? kNobody : ::getegid());
    more.merge(Parameters{{"compatibility_level", "3.9"},
                          {"myhostname", "mx.local.test"},
                          {"mydestination", ""},
                          {"alias_maps", ""},
                          {"local_recipient_maps", ""},
                          {"queue_directory", directory_ / "queue"},
                          {"maillog_file", directory_ / "log"},
                          {"maillog_file_prefixes", directory_.path()},
                          {"inet_interfaces", "127.0.0.1"},
                          {"mail_owner", "nobody"},
                          {"mynetworks", "127.0.0.0/8"},
                          {"smtpd_peername_lookup", "no"},
                          {"smtp_tls_security_level", "none"},
                          {"minimal_backoff_time", "1s"},
                          {"queue_volatile_allowed", "yes"},
                          {"shutdown_timeout", "20s"},
                          {"virtual_mailbox_domains", "local.test"},
                          {"virtual_mailbox_maps", "static:all/"},
                          {"virtual_mailbox_base", mailboxes()},
                          {"virtual_minimum_uid", "1"},
                          {"virtual_uid_maps", "static:" + uid},
                          {"virtual_gid_maps", "static:" + gid}});
    std::string main;
    for (const auto& [name, value] : more)
      main += name + " = " + value + "\n";
    directory_.write("main.cf", main);
    directory_.write("master.cf", master);
  }

  void start() {
    log_start_ = log().size();
    pid_ = ::fork();
    if (pid_ == 0) {
      // Beside this test, in the same build.
      const auto self = std::filesystem::read_symlink("/proc/self/exe");
      const std::string binary = self.parent_path() / "posternd";
      ::execl(binary.c_str(), "posternd", "-c", directory_.path().c_str(), nullptr);
      std::fprintf(stderr, "%s cannot be run\n", binary.c_str());
      ::_exit(127);
    }
    ASSERT_TRUE(wait_for_log("daemon started"));
  }
  void send_signal(int signal) const { ::kill(pid_, signal); }
  // Waits for the end; the exit status, or -signal.
  int wait() {
    int status = 0;
    if (pid_ <= 0 || ::waitpid(std::exchange(pid_, -1), &status, 0) < 0) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  int stop() {
    if (pid_ <= 0) return 0;
    send_signal(SIGTERM);
    return wait();
  }
  void kill() {
    send_signal(SIGKILL);
    EXPECT_EQ(wait(), -SIGKILL);
  }
  // Reads the configuration again; true if it is in force.
  bool reload() {
    const std::size_t before = log().size();
    send_signal(SIGHUP);
    std::string found;
    const auto has_answer = [&](const std::string& text) {
      found = text.substr(before);
      return found.find("reload -- version") != std::string::npos ||
             found.find("reload refused") != std::string::npos;
    };
    EXPECT_TRUE(wait_until(has_answer)) << "no answer to SIGHUP";
    return found.find("reload refused") == std::string::npos;
  }

  // The n-th listening address of this run.
  net::SocketAddress address(std::size_t n = 0) const {
    static constexpr std::string_view kMark = "listening on 127.0.0.1:";
    const std::string text = log().substr(log_start_);
    std::size_t at = text.find(kMark);
    while (n-- > 0 && at != std::string::npos)
      at = text.find(kMark, at + 1);
    if (at == std::string::npos) return {};
    std::uint16_t port = 0;
    std::from_chars(text.data() + at + kMark.size(), text.data() + text.size(), port);
    return net::SocketAddress::ip("127.0.0.1", port).value();
  }

  // The reply to the final dot, or the first refusal.
  std::string send(const std::string& to, const std::string& text = "hello",
                   const std::string& from = "author@far.test") {
    SmtpPeer peer(address());
    return send(peer, to, text, from);
  }
  static std::string send(SmtpPeer& peer, const std::string& to, const std::string& text = "hello",
                          const std::string& from = "author@far.test", bool greet = true) {
    if (greet) {
      peer.reply();
      peer.command("EHLO client.test");
    }
    for (const std::string& command :
         {"MAIL FROM:<" + from + ">", "RCPT TO:<" + to + ">", std::string("DATA")}) {
      const std::string reply = peer.command(command);
      if (reply.empty() || (reply[0] != '2' && reply[0] != '3')) return reply;
    }
    return peer.command("Subject: x\r\n\r\n" + text + "\r\n.");
  }

  std::string log() const { return read(directory_ / "log"); }
  // True as soon as the log of this run holds `text`; false after 30 s.
  bool wait_for_log(const std::string& text) {
    return wait_until(
        [&](const std::string& all) { return all.find(text, log_start_) != std::string::npos; });
  }
  bool wait_for_log_times(const std::string& text, std::size_t times) {
    return wait_until([&](const std::string& all) {
      std::size_t found = 0, at = log_start_;
      while ((at = all.find(text, at)) != std::string::npos) {
        ++found;
        ++at;
      }
      return found >= times;
    });
  }
  // The log begins anew: it was rotated.
  void forget_log_start() { log_start_ = 0; }
  // All messages in the mailbox.
  std::vector<std::string> mailbox() const {
    std::vector<std::string> out;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(mailboxes() + "/all/new", ignored))
      out.push_back(read(entry.path()));
    return out;
  }
  std::string queue_directory() const { return directory_ / "queue"; }
  std::string mailboxes() const { return directory_ / "mail"; }
  const TempDir& directory() const { return directory_; }
  pid_t pid() const { return pid_; }

 private:
  static constexpr unsigned kNobody = 65534;

  static std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream out;
    out << file.rdbuf();
    return out.str();
  }

  // The kernel tells when the log changes; nothing is polled.
  template <typename Condition>
  bool wait_until(Condition condition) {
    const UniqueFd watch(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    ::inotify_add_watch(watch.get(), directory_.path().c_str(), IN_MODIFY | IN_CREATE);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition(log())) {
      if (std::chrono::steady_clock::now() > end) return false;
      if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) {
        pid_ = -1;
        return condition(log());
      }
      pollfd ready{watch.get(), POLLIN, 0};
      ::poll(&ready, 1, 1000);
      char events[4096];
      while (::read(watch.get(), events, sizeof events) > 0) {
      }
    }
    return true;
  }

  TempDir directory_;
  pid_t pid_ = -1;
  std::size_t log_start_ = 0;
};

}  // namespace postern::testing
