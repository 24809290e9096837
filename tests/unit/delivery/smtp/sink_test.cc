// The client beside Postfix's own smtp-sink, with the faults that it can show.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/unit/delivery/smtp/smtp_fixture.h"

namespace postern::delivery {
namespace {

using mail::Outcome;
using postern::testing::SmtpTest;
using ::testing::HasSubstr;

class SmtpSink {
 public:
  explicit SmtpSink(std::vector<std::string> arguments) {
    for (int i = 0; i < 5 && pid_ < 0; ++i) {
      port_ = 0;
      (void)postern::testing::loopback_socket(SOCK_STREAM, port_);
      start(arguments);
      if (!wait_until_ready()) stop();
    }
    if (pid_ < 0) throw std::runtime_error("/usr/sbin/smtp-sink (Debian package postfix)");
  }
  ~SmtpSink() { stop(); }
  std::string hop() const { return fmt::format("[127.0.0.1]:{}", port_); }

 private:
  void start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "smtp-sink");
    if (::geteuid() == 0) arguments.insert(arguments.begin() + 1, {"-u", "nobody"});
    arguments.push_back(fmt::format("127.0.0.1:{}", port_));
    arguments.push_back("100");
    std::vector<char*> words;
    for (std::string& each : arguments)
      words.push_back(each.data());
    words.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3; ++fd)
      ::dup2(null, fd);
    ::execv("/usr/sbin/smtp-sink", words.data());
    ::_exit(127);
  }
  bool wait_until_ready() {
    const auto target = net::SocketAddress::ip("127.0.0.1", port_).value();
    const auto give_up = std::chrono::steady_clock::now() + Seconds(20);
    while (std::chrono::steady_clock::now() < give_up) {
      if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
        pid_ = -1;
        return false;
      }
      try {
        postern::testing::blocking_connect(target);
        return true;
      } catch (const std::runtime_error&) {
        ::poll(nullptr, 0, 10);
      }
    }
    return false;
  }
  void stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

TEST_F(SmtpTest, SinkTakesManyMessagesOverOneConnection) {
  for (const char* const option : {"-c", "-p", "-8", "-e"}) {
    SmtpSink sink({option});
    for (unsigned use = 1; use <= 20; ++use) {
      const auto result = deliver(attempt(sink.hop(), 3));
      for (const auto& each : result.recipients)
        ASSERT_EQ(each.outcome, Outcome::kDelivered) << option << " " << each.diagnostic;
      EXPECT_EQ(result.connection_use, use);
    }
  }
}

TEST_F(SmtpTest, Row206SinkThatRefuses) {
  struct {
    const char* option;
    const char* command;
    Outcome outcome;
    const char* text;
  } const cases[] = {
      {"-r", "mail", Outcome::kDeferred, "in reply to MAIL FROM"},
      {"-f", "mail", Outcome::kFailed, "in reply to MAIL FROM"},
      {"-r", "rcpt", Outcome::kDeferred, "in reply to RCPT TO"},
      {"-f", "rcpt", Outcome::kFailed, "in reply to RCPT TO"},
      {"-r", "data", Outcome::kDeferred, "in reply to DATA"},
      {"-f", "data", Outcome::kFailed, "in reply to DATA"},
      {"-r", ".", Outcome::kDeferred, "in reply to end of DATA"},
      {"-f", ".", Outcome::kFailed, "in reply to end of DATA"},
      {"-q", "mail", Outcome::kDeferred, "lost connection"},
      {"-q", "rcpt", Outcome::kDeferred, "lost connection"},
      {"-q", "data", Outcome::kDeferred, "lost connection"},
      {"-q", ".", Outcome::kDeferred, "message may be sent more than once"},
      {"-q", "connect", Outcome::kDeferred, "lost connection"},
  };
  for (const auto& each : cases) {
    SmtpSink sink({each.option, each.command});
    for (const auto& recipient : deliver(attempt(sink.hop(), 2)).recipients) {
      EXPECT_EQ(recipient.outcome, each.outcome) << each.option << " " << each.command;
      EXPECT_THAT(recipient.diagnostic, HasSubstr(each.text)) << each.option;
    }
  }
}

TEST_F(SmtpTest, SinkThatSpeaksLmtp) {
  options_.is_lmtp = true;
  SmtpSink sink({"-L"});
  for (const auto& each : deliver(attempt(sink.hop(), 5)).recipients)
    EXPECT_EQ(each.outcome, Outcome::kDelivered) << each.diagnostic;
}

TEST_F(SmtpTest, ManyAttemptsOnSeveralLoopsAtOnce) {
  SmtpSink sink({"-c"});
  net::LoopPool loops(2);
  loops.start("smtp-test");
  std::atomic<int> delivered = 0;
  transport();  // made before the threads
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < 8; ++i) {
    clients.emplace_back([&, i] {
      net::Loop& each = loops.at(i % 2);
      for (int n = 0; n < 50; ++n) {
        const auto result =
            postern::testing::run(each, transport_->deliver(each, attempt(sink.hop(), 2)));
        for (const auto& one : result.recipients)
          delivered += one.outcome == Outcome::kDelivered;
      }
    });
  }
  for (std::thread& each : clients)
    each.join();
  EXPECT_EQ(delivered, 8 * 50 * 2);
  transport_.reset();
  for (std::size_t i = 0; i < 2; ++i)
    postern::testing::run_on(loops.at(i), [] {});
}

}  // namespace
}  // namespace postern::delivery
