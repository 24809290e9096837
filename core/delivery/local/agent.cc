#include "core/delivery/local/agent.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <vector>

#include "core/delivery/local/fd_content.h"
#include "core/delivery/local/message_stream.h"
#include "core/delivery/local/order_codec.h"
#include "core/delivery/local/perform.h"

namespace postern::delivery {
namespace {

struct Request {
  Order order;
  UniqueFd reply;
  UniqueFd message;
};

struct Child {
  pid_t pid;
  UniqueFd process;
  std::chrono::steady_clock::time_point deadline;
};

void answer(int reply, const OrderResult& result) {
  (void)write_to(reply, "answer")(encode_result(result));
}

OrderResult refusal(const Error& error) {
  return {deferred("4.3.5", "mail system configuration error", error.describe()), {}, false};
}

// Takes the descriptors of one packet; more or fewer than two end the request.
std::vector<UniqueFd> descriptors_of(msghdr& header) {
  std::vector<UniqueFd> out;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      out.emplace_back(fd);
    }
  }
  return out;
}

bool is_pipe(int fd) {
  struct stat status{};
  return ::fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

// A memfd that nobody can change any more: what was checked is what is delivered.
bool is_sealed(int fd) {
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
  const int seals = ::fcntl(fd, F_GET_SEALS);
  return seals >= 0 && (seals & kSeals) == kSeals;
}

enum class Received { kRequest, kNothing, kEnd };

Received receive(int channel, const AgentPolicy& policy, Request& request) {
  static std::vector<char> packet(kMaxOrderOctets);
  alignas(cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))];
  iovec part{packet.data(), packet.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  const ssize_t got = ::recvmsg(channel, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR ? Received::kNothing : Received::kEnd;
  auto fds = descriptors_of(header);
  if (got == 0 && fds.empty()) return Received::kEnd;
  if (fds.size() != 2 || !is_pipe(fds[0].get())) return Received::kNothing;
  const bool is_whole = (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
  if (!is_whole || !is_sealed(fds[1].get())) {
    answer(fds[0].get(), refusal({ErrorKind::kInvalid, "malformed delivery request"}));
    return Received::kNothing;
  }
  auto order = decode_order({packet.data(), static_cast<std::size_t>(got)});
  Result<void> checked;
  if (!order) checked = std::unexpected(order.error());
  if (order) checked = check_order(policy, *order);
  if (!checked) {
    answer(fds[0].get(), refusal(checked.error()));
    return Received::kNothing;
  }
  request = {std::move(*order), std::move(fds[0]), std::move(fds[1])};
  return Received::kRequest;
}

gid_t extra_group(const AgentPolicy& policy, const Order& order) {
  const auto* mailbox = std::get_if<MailboxOrder>(&order);
  struct stat status{};
  if (mailbox == nullptr || !is_in_spool(policy, *mailbox) ||
      ::stat(mailbox->base.c_str(), &status) != 0)
    return owner_of(order).gid;
  return status.st_gid;
}

// The child: one delivery, without root from its first step on.
[[noreturn]] void deliver(const AgentPolicy& policy, const Request& request) {
  ::setpgid(0, 0);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  // Commands may be setgid programs (procmail, maildrop); the other orders run nothing.
  if (!std::holds_alternative<CommandOrder>(request.order))
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const auto ok = become(owner_of(request.order), extra_group(policy, request.order));
  const FdContent content(request.message.get());
  answer(request.reply.get(), ok ? perform_order(request.order, content) : refusal(ok.error()));
  ::_exit(0);
}

class Server {
 public:
  Server(int channel, const AgentPolicy& policy) : channel_(channel), policy_(policy) {}

  void run() {
    while (is_open_ || !children_.empty()) {
      wait();
      reap();
      if (is_open_ && children_.size() < policy_.max_children) take();
    }
  }

 private:
  void wait() {
    std::vector<pollfd> fds;
    const bool can_take = is_open_ && children_.size() < policy_.max_children;
    fds.push_back({can_take ? channel_ : -1, POLLIN, 0});
    for (const auto& child : children_)
      fds.push_back({child.process.get(), POLLIN, 0});
    ::poll(fds.data(), fds.size(), children_.empty() ? -1 : 1000);
  }

  void reap() {
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(children_, [&](const Child& child) {
      if (now >= child.deadline) {
        ::kill(-child.pid, SIGKILL);
        ::kill(child.pid, SIGKILL);
      }
      return ::waitpid(child.pid, nullptr, WNOHANG) != 0;
    });
  }

  void take() {
    Request request;
    const auto got = receive(channel_, policy_, request);
    if (got == Received::kEnd) is_open_ = false;
    if (got != Received::kRequest) return;
    const pid_t pid = ::fork();
    if (pid == 0) deliver(policy_, request);
    if (pid < 0) {
      answer(request.reply.get(), {deferred("4.3.0", "cannot start a process"), {}, false});
      return;
    }
    children_.push_back({pid, UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
                         std::chrono::steady_clock::now() + time_limit_of(policy_, request.order)});
  }

  int channel_;
  const AgentPolicy& policy_;
  std::vector<Child> children_;
  bool is_open_ = true;
};

}  // namespace

void serve_agent(int channel, const AgentPolicy& policy) { Server(channel, policy).run(); }

Result<AgentHandle> start_agent(const AgentPolicy& policy) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return fail_errno("cannot make the privileged process's socket pair");
  UniqueFd mine(ends[0]);
  UniqueFd its(ends[1]);
  // A Ctrl-C between fork and the child's first steps must not end it.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  const int fork_errno = errno;
  if (pid != 0) ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return fail_errno("cannot fork the privileged process", fork_errno);
  if (pid > 0) return AgentHandle{std::move(mine), pid};
  // Descriptor 3 is the channel; nothing else of the parent's stays open.
  if (its.get() != 3) {
    ::dup3(its.get(), 3, O_CLOEXEC);
    (void)its.release();
  }
  ::syscall(SYS_close_range, 4u, ~0u, 0u);
  ::prctl(PR_SET_NAME, "postern-agent", 0, 0, 0);
  // Ctrl-C and stop signals go to the whole group; this process ends when the engine does, after
  // the deliveries that are under way.
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2})
    ::signal(number, SIG_IGN);
  ::signal(SIGCHLD, SIG_DFL);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  serve_agent(3, policy);
  ::_exit(0);
}

}  // namespace postern::delivery
