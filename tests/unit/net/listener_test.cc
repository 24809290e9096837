#include "core/net/listener.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <map>

#include "tests/support/loop_fixture.h"
#include "tests/support/stream_pair.h"
#include "tests/support/temp_dir.h"

namespace postern::net {
namespace {

using testing::TempDir;

// What a Listener has accepted, for the test's thread.
class Accepted {
 public:
  Listener::OnAccept sink() {
    return [this](UniqueFd fd, const SocketAddress& peer) {
      const std::lock_guard lock(mutex_);
      fds_.push_back(std::move(fd));
      peers_.push_back(peer);
      changed_.notify_all();
    };
  }
  void wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(
        changed_.wait_for(lock, std::chrono::seconds(30), [&] { return fds_.size() >= count; }));
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return fds_.size();
  }
  int fd(std::size_t index) {
    const std::lock_guard lock(mutex_);
    return fds_[index].get();
  }
  SocketAddress peer(std::size_t index) {
    const std::lock_guard lock(mutex_);
    return peers_[index];
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<UniqueFd> fds_;
  std::vector<SocketAddress> peers_;
};

class ListenerTest : public testing::LoopTest {
 protected:
  // Later functions of the loop have run: what stop() posted has taken effect.
  void drain() {
    testing::run_on(loop(), [] {});
  }
  Accepted accepted_;
};

TEST_F(ListenerTest, HandsOverPeersReadyForASession) {
  testing::LoopbackSocket bound;
  Listener listener(loop(), std::move(bound.fd), accepted_.sink());
  listener.start();
  const UniqueFd client = testing::blocking_connect(bound.address);
  accepted_.wait_for(1);
  const int fd = accepted_.fd(0);
  EXPECT_EQ(accepted_.peer(0), local_address(client.get()).value());
  EXPECT_EQ(peer_address(fd).value(), accepted_.peer(0));
  EXPECT_NE(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  int no_delay = 0;
  socklen_t length = sizeof no_delay;
  ::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &length);
  EXPECT_NE(no_delay, 0);
}

TEST_F(ListenerTest, TakesMoreThanOneWakeUpsWorth) {
  testing::LoopbackSocket bound;
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 100; ++i)
    clients.push_back(testing::blocking_connect(bound.address));
  Listener listener(loop(), std::move(bound.fd), accepted_.sink());
  listener.start();
  accepted_.wait_for(100);
}

TEST_F(ListenerTest, OtherWorkGetsItsTurnBetweenBursts) {
  testing::LoopbackSocket bound;
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 100; ++i)
    clients.push_back(testing::blocking_connect(bound.address));
  std::size_t accepted = 0;
  std::atomic<std::size_t> at_its_turn = 0;
  std::promise<void> all;
  const auto on_accept = [&](UniqueFd, const SocketAddress&) {
    if (++accepted == 1) loop().post([&] { at_its_turn = accepted; });
    if (accepted == 100) all.set_value();
  };
  Listener listener(loop(), std::move(bound.fd), on_accept);
  listener.start();
  all.get_future().wait();
  drain();
  EXPECT_GE(at_its_turn.load(), 1u);
  EXPECT_LT(at_its_turn.load(), 100u);
}

TEST_F(ListenerTest, StopIsFinal) {
  testing::LoopbackSocket bound;
  Listener listener(loop(), std::move(bound.fd), accepted_.sink());
  listener.start();
  const UniqueFd client = testing::blocking_connect(bound.address);
  accepted_.wait_for(1);
  listener.stop();
  drain();
  EXPECT_THROW(testing::blocking_connect(bound.address), std::runtime_error);
  EXPECT_EQ(accepted_.count(), 1u);
  listener.stop();
  listener.start();
  drain();
}

TEST_F(ListenerTest, GoesAwayFromItsOwnCallback) {
  testing::LoopbackSocket bound;
  std::unique_ptr<Listener> listener;
  std::promise<void> gone;
  listener =
      std::make_unique<Listener>(loop(), std::move(bound.fd), [&](UniqueFd, const SocketAddress&) {
        listener.reset();
        gone.set_value();
      });
  listener->start();
  const UniqueFd client = testing::blocking_connect(bound.address);
  gone.get_future().wait();
  drain();
}

TEST_F(ListenerTest, ServesOneSocketOnSeveralLoops) {
  testing::LoopFixture second;
  testing::LoopbackSocket bound;
  UniqueFd copy(::dup(bound.fd.get()));
  Listener one(loop(), std::move(bound.fd), accepted_.sink());
  Listener two(second.loop(), std::move(copy), accepted_.sink());
  one.start();
  two.start();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 20; ++i)
    clients.push_back(testing::blocking_connect(bound.address));
  accepted_.wait_for(20);
  EXPECT_EQ(accepted_.count(), 20u);
  two.stop();
  testing::run_on(second.loop(), [] {});
}

// Lowers the descriptor limit to what is open now; gives it back.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const UniqueFd lowest(::dup(0));  // the first free number: nothing below it is free
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(lowest.get());
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_;
};

TEST_F(ListenerTest, PausesWhileDescriptorsAreShortAndGoesOn) {
  testing::LoopbackSocket bound;
  Listener listener(loop(), std::move(bound.fd), accepted_.sink());
  const UniqueFd client = testing::blocking_connect(bound.address);
  {
    const NoDescriptors shortage;
    listener.start();
    drain();
    drain();
    EXPECT_EQ(accepted_.count(), 0u);
  }
  accepted_.wait_for(1);  // the connection waited in the kernel
}

TEST(BindListener, BoundPortIsTakenForOthers) {
  const testing::LoopbackSocket bound;
  const auto again = bind_listener(bound.address);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::kExists);
  EXPECT_NE(again.error().describe().find(bound.address.to_string()), std::string::npos);
}

TEST(BindListener, ReusePortSharesAPort) {
  const ListenOptions options{.reuse_port = true};
  const auto first = bind_listener(SocketAddress::ip("127.0.0.1", 0).value(), options);
  ASSERT_TRUE(first);
  EXPECT_TRUE(bind_listener(local_address(first->get()).value(), options));
}

TEST(BindListener, Ipv6SocketLeavesIpv4Alone) {
  const auto six = bind_listener(SocketAddress::ip("::", 0).value());
  if (!six) GTEST_SKIP() << "no IPv6 here: " << six.error().describe();
  const std::uint16_t port = local_address(six->get()).value().port();
  EXPECT_THROW(testing::blocking_connect(SocketAddress::ip("127.0.0.1", port).value()),
               std::runtime_error);
}

TEST(BindListener, ReplacesAStaleUnixSocketAndKeepsALiveOne) {
  const TempDir directory;
  const auto address = SocketAddress::unix_path(directory / "s").value();
  auto first = bind_listener(address);
  ASSERT_TRUE(first) << first.error().describe();
  EXPECT_EQ(bind_listener(address).error().kind, ErrorKind::kExists);
  first->reset();  // its process died; the file is left
  EXPECT_TRUE(bind_listener(address));
}

TEST(BindListener, NeverRemovesAFileThatIsNoSocket) {
  const TempDir directory;
  const std::string path = directory.write("precious", "mail");
  EXPECT_EQ(bind_listener(SocketAddress::unix_path(path).value()).error().kind, ErrorKind::kExists);
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(BindListener, UnixSocketGetsItsMode) {
  const TempDir directory;
  const std::string path = directory / "s";
  ASSERT_TRUE(bind_listener(SocketAddress::unix_path(path).value(), {.unix_mode = 0600}));
  struct stat info;
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
}

TEST(BindListener, SaysWhichAddressCannotBe) {
  const auto foreign = bind_listener(SocketAddress::ip("192.0.2.1", 0).value());
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().sys_errno, EADDRNOTAVAIL);
  EXPECT_NE(foreign.error().describe().find("192.0.2.1:0"), std::string::npos);
  EXPECT_EQ(bind_listener(SocketAddress()).error().kind, ErrorKind::kInvalid);
}

}  // namespace
}  // namespace postern::net
