#include "core/delivery/local/agent_client.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>

#include "core/delivery/local/fd_content.h"
#include "core/delivery/local/order_codec.h"

namespace postern::delivery {
namespace {

using Clock = std::chrono::steady_clock;

Result<void> wait_for(int fd, short events, Clock::time_point deadline) {
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return fail(ErrorKind::kTimeout, "the privileged process does not answer");
    pollfd one{fd, events, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return fail_errno("cannot wait for the privileged process");
  }
}

Result<void> send_packet(int channel, const std::string& packet, const std::array<int, 2>& fds,
                         Clock::time_point deadline) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fds)] = {};
  iovec part{const_cast<char*>(packet.data()), packet.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  cmsghdr* rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof fds);
  std::memcpy(CMSG_DATA(rights), fds.data(), sizeof fds);
  while (true) {
    if (::sendmsg(channel, &header, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return {};
    if (errno == EPIPE || errno == ECONNRESET)
      return fail(ErrorKind::kClosed, "the privileged process is gone; restart posternd");
    if (errno != EAGAIN && errno != EINTR) return fail_errno("cannot reach the privileged process");
    if (auto ok = wait_for(channel, POLLOUT, deadline); !ok) return ok;
  }
}

}  // namespace

Result<OrderResult> AgentClient::ask(const Order& order, const mail::Content& content) const {
  const auto packet = encode_order(order);
  if (!packet) return std::unexpected(packet.error());
  const mail::MemoryContent nothing("");
  const bool needs_message = !std::holds_alternative<ReadOrder>(order);
  auto message = sealed_copy(needs_message ? content : nothing);
  if (!message) return std::unexpected(message.error());
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("cannot make a pipe");
  UniqueFd answer(ends[0]);
  UniqueFd its_end(ends[1]);
  // The process waits for a free place first, then its own deadline runs; ours is the longer one.
  const auto deadline = Clock::now() + 2 * time_limit_of(policy_, order) + Seconds(60);
  if (auto ok = send_packet(channel_.get(), *packet, {its_end.get(), message->get()}, deadline);
      !ok)
    return std::unexpected(ok.error());
  its_end.reset();
  message->reset();
  std::string octets;
  char buffer[16 * 1024];
  while (true) {
    if (auto ok = wait_for(answer.get(), POLLIN, deadline); !ok) return std::unexpected(ok.error());
    const ssize_t got = ::read(answer.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("cannot read the privileged process's answer");
    if (got == 0) break;
    octets.append(buffer, static_cast<std::size_t>(got));
    if (octets.size() > kMaxResultOctets) return fail(ErrorKind::kInvalid, "answer too long");
  }
  if (octets.empty()) return fail(ErrorKind::kClosed, "the delivery process died or was too slow");
  return decode_result(octets);
}

OrderResult AgentClient::run(const Order& order, const mail::Content& content) {
  auto result = ask(order, content);
  if (result) return std::move(*result);
  return {deferred("4.3.0", "local delivery is not possible now", result.error().describe()),
          {},
          false};
}

}  // namespace postern::delivery
