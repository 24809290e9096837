#include "core/delivery/local/command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <chrono>

#include "core/base/log.h"
#include "core/base/unique_fd.h"
#include "core/mail/enhanced_status.h"

namespace postern::delivery {
namespace {

using Deadline = std::chrono::steady_clock::time_point;

// A command that does not read its input must not end us: SIGPIPE stays blocked for the calling
// thread while we write, and one that came is taken off.
class NoSigPipe {
 public:
  NoSigPipe() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoSigPipe() {
    const timespec now{};
    while (::sigtimedwait(&pipe_, nullptr, &now) > 0) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoSigPipe(const NoSigPipe&) = delete;
  NoSigPipe& operator=(const NoSigPipe&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
};

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (const auto& each : strings)
    out.push_back(const_cast<char*>(each.c_str()));
  out.push_back(nullptr);
  return out;
}

// execvp's search, done before the fork, in the PATH the command itself gets.
std::string find_program(const CommandOrder& order) {
  const auto& name = order.argv.front();
  if (name.contains('/')) return name;
  std::string_view path = "/usr/local/bin:/usr/bin:/bin";
  for (const auto& each : order.environment)
    if (each.starts_with("PATH=")) path = std::string_view(each).substr(5);
  while (!path.empty()) {
    const auto colon = path.find(':');
    const auto candidate = std::string(path.substr(0, colon)) + "/" + name;
    if (candidate.front() == '/' && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    path = colon == std::string_view::npos ? std::string_view() : path.substr(colon + 1);
  }
  return name;
}

struct ChildPlan {
  const char* program;
  char* const* argv;
  char* const* environment;
  const char* directory;  // "" = stay
  int input;
  int output;
};

// Between fork and exec: async-signal-safe calls only.
[[noreturn]] void become_command(const ChildPlan& plan) {
  ::setpgid(0, 0);
  if (::dup2(plan.input, 0) < 0 || ::dup2(plan.output, 1) < 0 || ::dup2(plan.output, 2) < 0)
    ::_exit(EX_OSERR);
  ::syscall(SYS_close_range, 3u, ~0u, 0u);
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < 32; ++number)
    ::sigaction(number, &standard, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (*plan.directory != '\0' && ::chdir(plan.directory) != 0) ::_exit(EX_TEMPFAIL);
  ::execve(plan.program, plan.argv, plan.environment);
  ::_exit(errno == ENOMEM ? EX_TEMPFAIL : EX_UNAVAILABLE);
}

class RunningCommand {
 public:
  RunningCommand(pid_t pid, UniqueFd input, UniqueFd output, Deadline deadline)
      : pid_(pid),
        process_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
        input_(std::move(input)),
        output_(std::move(output)),
        deadline_(deadline) {}

  // Gives it a piece of input while reading what it prints; kClosed when it does not want more.
  Result<void> feed(std::string_view octets) {
    while (!octets.empty()) {
      const ssize_t wrote = ::write(input_.get(), octets.data(), octets.size());
      if (wrote >= 0) {
        octets.remove_prefix(static_cast<std::size_t>(wrote));
        continue;
      }
      if (errno == EPIPE) return fail(ErrorKind::kClosed, "the command stopped reading");
      if (errno != EAGAIN && errno != EINTR) return fail_errno("cannot write to the command");
      if (!wait(true)) return fail(ErrorKind::kTimeout, "command time limit exceeded");
    }
    return {};
  }

  // Ends its input and waits for it.  False: the deadline passed.
  bool finish() {
    input_.reset();
    while (!is_gone_)
      if (!wait(false)) return false;
    drain();
    return true;
  }

  void kill_and_reap() {
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);
    reap();
  }
  int reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
  }
  const std::string& printed() const { return printed_; }

 private:
  bool wait(bool for_input) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline_ - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd fds[] = {{process_.get(), POLLIN, 0},
                    {output_ ? output_.get() : -1, POLLIN, 0},
                    {for_input ? input_.get() : -1, POLLOUT, 0}};
    const int timeout = static_cast<int>(std::min<std::int64_t>(left.count(), 60'000));
    if (::poll(fds, 3, timeout) < 0 && errno != EINTR) return false;
    if (fds[1].revents != 0) drain();
    if (fds[0].revents != 0) is_gone_ = true;
    return true;
  }

  void drain() {
    char buffer[4096];
    for (int round = 0; round < 256 && output_; ++round) {
      const ssize_t got = ::read(output_.get(), buffer, sizeof buffer);
      if (got == 0) output_.reset();
      if (got <= 0) return;
      const auto room = kCommandOutputLimit - printed_.size();
      printed_.append(buffer, std::min(room, static_cast<std::size_t>(got)));
    }
  }

  pid_t pid_;
  UniqueFd process_;  // pidfd: readable once the command is gone, whoever holds its output open
  UniqueFd input_;
  UniqueFd output_;
  Deadline deadline_;
  std::string printed_;
  bool is_gone_ = false;
};

struct ExitMeaning {
  int status;
  const char* code;
  const char* text;
};
constexpr ExitMeaning kMeanings[] = {
    {EX_USAGE, "5.3.0", "command line usage error"},
    {EX_DATAERR, "5.6.0", "data format error"},
    {EX_NOINPUT, "5.3.0", "cannot open input"},
    {EX_NOUSER, "5.1.1", "user unknown"},
    {EX_NOHOST, "5.1.2", "host name unknown"},
    {EX_UNAVAILABLE, "5.3.0", "service unavailable"},
    {EX_SOFTWARE, "5.3.0", "internal software error"},
    {EX_OSERR, "5.3.0", "system resource problem"},
    {EX_OSFILE, "5.3.0", "critical OS file missing"},
    {EX_CANTCREAT, "5.2.0", "can't create user output file"},
    {EX_IOERR, "5.3.0", "input/output error"},
    {EX_TEMPFAIL, "4.3.0", "temporary failure"},
    {EX_PROTOCOL, "5.5.0", "remote error in protocol"},
    {EX_NOPERM, "5.7.0", "permission denied"},
    {EX_CONFIG, "5.3.5", "local configuration error"},
};

Result<std::pair<UniqueFd, UniqueFd>> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("cannot make a pipe");
  return std::pair{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void set_nonblocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

Result<RunningCommand> start(const CommandOrder& order) {
  auto input = make_pipe();
  auto output = make_pipe();
  if (!input) return std::unexpected(input.error());
  if (!output) return std::unexpected(output.error());
  const auto program = find_program(order);
  const auto argv = pointers(order.argv);
  const auto environment = pointers(order.environment);
  const ChildPlan plan{program.c_str(),         argv.data(),        environment.data(),
                       order.directory.c_str(), input->first.get(), output->second.get()};
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("cannot start a process");
  if (pid == 0) become_command(plan);
  ::setpgid(pid, pid);  // either of us may be first
  set_nonblocking(input->second.get());
  set_nonblocking(output->first.get());
  return RunningCommand(
      pid, std::move(input->second), std::move(output->first),
      std::chrono::steady_clock::now() + std::chrono::seconds(order.time_limit_seconds));
}

}  // namespace

LocalOutcome outcome_of_exit(int exit_status, std::string_view output) {
  auto text = log::printable(output.substr(0, output.find('\0')));
  while (!text.empty() && (text.back() == '?' || text.back() == ' '))
    text.pop_back();
  LocalOutcome out;
  if (exit_status == 0) return delivered("delivered to command");
  out = failed("5.3.0", fmt::format("Command died with status {}", exit_status));
  for (const auto& each : kMeanings) {
    if (each.status != exit_status) continue;
    out.status = each.code;
    out.diagnostic = each.text;
    if (exit_status == EX_TEMPFAIL) out.outcome = mail::Outcome::kDeferred;
  }
  const auto space = text.find(' ');
  const auto own = mail::EnhancedStatus::parse(std::string_view(text).substr(0, space));
  if (own && out.status[0] == static_cast<char>('0' + own->class_digit)) {
    out.status = own->to_string();
    text = space == std::string::npos ? "" : text.substr(space + 1);
  }
  if (!text.empty()) out.diagnostic += ". Command output: " + text;
  return out;
}

LocalOutcome run_command(const CommandOrder& order, const mail::Content& content) {
  if (order.argv.empty()) return deferred("4.3.5", "mail system configuration error", "empty argv");
  if (order.size_limit != 0 && content.size() > order.size_limit)
    return failed("5.2.3", fmt::format("message of {} octets exceeds the command's limit of {}",
                                       content.size(), order.size_limit));
  const NoSigPipe no_sigpipe;
  auto command = start(order);
  if (!command) return outcome_of(command.error());
  const auto fed = stream_message(content, order.form,
                                  [&](std::string_view piece) { return command->feed(piece); });
  // A command may exit 0 without reading everything (vacation(1) does): its status decides.
  const bool can_finish = fed || fed.error().kind == ErrorKind::kClosed;
  if (!can_finish || !command->finish()) {
    command->kill_and_reap();
    if (!can_finish && fed.error().kind != ErrorKind::kTimeout) return outcome_of(fed.error());
    return deferred("4.3.0", fmt::format("Command time limit exceeded: \"{}\"",
                                         log::printable(order.argv.front())));
  }
  const int status = command->reap();
  if (WIFSIGNALED(status))
    return deferred("4.3.0", fmt::format("Command died with signal {}: \"{}\"", WTERMSIG(status),
                                         log::printable(order.argv.front())));
  return outcome_of_exit(WEXITSTATUS(status), command->printed());
}

}  // namespace postern::delivery
