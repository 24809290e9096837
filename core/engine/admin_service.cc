#include "core/engine/admin_service.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "core/base/log.h"
#include "core/engine/admin_bridge.h"
#include "core/engine/admin_socket.h"

namespace postern::engine {

AdminAccess access_of(const PeerCredentials& peer, const AdminOptions& options, uid_t engine_user) {
  if (peer.user == 0 || peer.user == engine_user ||
      std::ranges::find(options.changers, peer.user) != options.changers.end())
    return AdminAccess::kChange;
  if (options.reader_group &&
      (peer.group == *options.reader_group ||
       std::ranges::find(peer.groups, *options.reader_group) != peer.groups.end()))
    return AdminAccess::kRead;
  return AdminAccess::kNone;
}

class AdminService::Implementation {
 public:
  Implementation(AdminOptions options, UniqueFd listener, UniqueFd wake,
                 std::unique_ptr<AdminBridge> changers, std::unique_ptr<AdminBridge> readers)
      : options_(std::move(options)),
        listener_(std::move(listener)),
        wake_(std::move(wake)),
        changers_(std::move(changers)),
        readers_(std::move(readers)),
        thread_([this] { run(); }) {}
  ~Implementation() { stop(std::chrono::milliseconds(0)); }

  void stop(std::chrono::milliseconds grace) {
    if (is_stopped_) return;
    is_stopped_ = true;
    const std::uint64_t one = 1;
    // Can't fail: the counter of a fresh eventfd has room.
    [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
    thread_.join();
    ::unlink(options_.socket_path.c_str());
    const auto deadline = std::chrono::system_clock::now() + grace;
    changers_->stop(deadline);
    readers_->stop(deadline);
  }

 private:
  // Between two looks at slow clients.
  static constexpr int kTick = 1000;  // ms

  void run() {
    while (true) {
      std::vector<pollfd> watched{{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
      // Full: who waits in the backlog waits on.
      if (connections_.size() >= options_.max_connections) watched[1].fd = -1;
      for (const UniqueFd& each : connections_)
        watched.push_back({each.get(), POLLRDHUP, 0});
      const int ready = ::poll(watched.data(), watched.size(), kTick);
      if (ready < 0 && errno != EINTR) {
        log::error("admin", "{}", Error{ErrorKind::kIo, "poll", errno}.describe());
        return;
      }
      if (watched[0].revents != 0) return;
      const auto now = std::chrono::steady_clock::now();
      changers_->cut_slow_clients(now);
      readers_->cut_slow_clients(now);
      if (ready <= 0) continue;
      forget_closed(watched);
      if (watched[1].revents != 0) accept_one();
    }
  }

  // gRPC owns the connection and does not tell when it ends; a second descriptor of the same socket
  // does: gRPC shuts the socket down before it closes it.
  void forget_closed(const std::vector<pollfd>& watched) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      if (watched[i + 2].revents != 0) continue;
      if (kept != i) connections_[kept] = std::move(connections_[i]);
      ++kept;
    }
    connections_.resize(kept);
  }

  void accept_one() {
    UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!connection) {
      // Out of descriptors: the peer stays in the backlog; without a pause this would spin.
      if (errno == EMFILE || errno == ENFILE) {
        pollfd wake{wake_.get(), POLLIN, 0};
        ::poll(&wake, 1, 100);
      }
      return;
    }
    const auto peer = peer_credentials(connection.get());
    if (!peer) {
      log::warning("admin", "{}", peer.error().describe());
      return;
    }
    const AdminAccess access = access_of(*peer, options_, ::geteuid());
    if (access == AdminAccess::kNone) {
      log::warning("admin", "user {} may not use {}: not in admin_users, nor in the reading group",
                   peer->user, options_.socket_path);
      return;
    }
    UniqueFd watch(::fcntl(connection.get(), F_DUPFD_CLOEXEC, 0));
    if (!watch) return;
    connections_.push_back(std::move(watch));
    (access == AdminAccess::kChange ? *changers_ : *readers_).serve(std::move(connection));
  }

  const AdminOptions options_;
  const UniqueFd listener_;
  const UniqueFd wake_;
  const std::unique_ptr<AdminBridge> changers_;
  const std::unique_ptr<AdminBridge> readers_;
  std::vector<UniqueFd> connections_;  // the thread's own
  bool is_stopped_ = false;
  std::thread thread_;  // last: it uses all of the above
};

AdminService::AdminService(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
AdminService::~AdminService() = default;

Result<std::unique_ptr<AdminService>> AdminService::start(AdminBackend& backend,
                                                          AdminOptions options) {
  auto listener = listen_unix(options.socket_path, options.socket_group);
  if (!listener) return std::unexpected(listener.error());
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return fail_errno("eventfd");
  auto changers = AdminBridge::make(backend, options, true);
  if (!changers) return std::unexpected(changers.error());
  auto readers = AdminBridge::make(backend, options, false);
  if (!readers) return std::unexpected(readers.error());
  return std::unique_ptr<AdminService>(new AdminService(
      std::make_unique<Implementation>(std::move(options), std::move(*listener), std::move(wake),
                                       std::move(*changers), std::move(*readers))));
}

void AdminService::stop(std::chrono::milliseconds grace) { implementation_->stop(grace); }

}  // namespace postern::engine
