#include "core/net/socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "tests/support/loop_fixture.h"
#include "tests/support/stream_pair.h"

namespace postern::net {
namespace {

using std::chrono::steady_clock;
using testing::in_milliseconds;
using testing::test_deadline;

struct Waits {
  Result<void> result;
  SteadyTime began;
  SteadyTime ended;
};

Task<Waits> wait_readable(Loop& loop, UniqueFd fd, SteadyTime deadline) {
  Socket socket(loop, std::move(fd));
  const auto began = steady_clock::now();
  auto result = co_await socket.wait_readable(deadline);
  co_return Waits{std::move(result), began, steady_clock::now()};
}

class SocketTest : public testing::LoopTest {
 protected:
  void SetUp() override { std::tie(ours_, theirs_) = testing::socket_pair(); }
  UniqueFd ours_;
  UniqueFd theirs_;
};

TEST_F(SocketTest, IsReadableWhenOctetsAreThere) {
  testing::send_all(theirs_.get(), "x");
  EXPECT_TRUE(run(wait_readable(loop(), std::move(ours_), test_deadline())).result);
}

TEST_F(SocketTest, IsReadableWhenThePeerHasClosed) {
  theirs_.reset();
  EXPECT_TRUE(run(wait_readable(loop(), std::move(ours_), test_deadline())).result);
}

TEST_F(SocketTest, TimesOutAtTheDeadlineAndNotBefore) {
  const auto deadline = in_milliseconds(20);
  const auto waits = run(wait_readable(loop(), std::move(ours_), deadline));
  ASSERT_FALSE(waits.result);
  EXPECT_EQ(waits.result.error().kind, ErrorKind::kTimeout);
  EXPECT_GE(waits.ended, deadline);
}

TEST_F(SocketTest, DeadlineInThePastTimesOut) {
  const auto waits = run(wait_readable(loop(), std::move(ours_), SteadyTime::min()));
  EXPECT_EQ(waits.result.error().kind, ErrorKind::kTimeout);
}

TEST_F(SocketTest, MakesTheDescriptorNonBlockingAndCloseOnExec) {
  const int fd = ours_.get();
  testing::run_on(loop(), [&] {
    const Socket socket(loop(), std::move(ours_));
    EXPECT_NE(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  });
  EXPECT_EQ(::fcntl(fd, F_GETFL), -1);  // closed with the socket
}

Task<std::vector<ErrorKind>> wait_in_turn(Loop& loop, UniqueFd fd, std::vector<int> delays) {
  Socket socket(loop, std::move(fd));
  std::vector<ErrorKind> kinds;
  for (const int delay : delays) {
    const auto deadline = in_milliseconds(delay);
    const auto result = co_await socket.wait_readable(deadline);
    EXPECT_GE(steady_clock::now(), deadline);
    kinds.push_back(result ? ErrorKind::kCorrupt : result.error().kind);
  }
  co_return kinds;
}

// The watchdog stays armed for an older deadline: later ones, earlier ones and equal ones hold.
TEST_F(SocketTest, EachWaitHasItsOwnDeadline) {
  const auto kinds = run(wait_in_turn(loop(), std::move(ours_), {5, 20, 1, 0, 10}));
  EXPECT_EQ(kinds, std::vector(5, ErrorKind::kTimeout));
}

Task<Result<void>> wait_again_after(Loop& loop, UniqueFd fd, int peer) {
  Socket socket(loop, std::move(fd));
  testing::send_all(peer, "x");
  // Ends at once, and leaves the watchdog armed for 5 ms.
  const auto first = co_await socket.wait_readable(in_milliseconds(5));
  if (!first) co_return first;
  char octet;
  EXPECT_EQ(::recv(socket.fd(), &octet, 1, 0), 1);
  co_return co_await socket.wait_readable(in_milliseconds(30));
}

TEST_F(SocketTest, WatchdogOfAnEndedWaitDoesNotEndTheNext) {
  const auto began = steady_clock::now();
  const auto result = run(wait_again_after(loop(), std::move(ours_), theirs_.get()));
  EXPECT_EQ(result.error().kind, ErrorKind::kTimeout);
  EXPECT_GE(steady_clock::now() - began, std::chrono::milliseconds(30));
}

void fill(int fd) {
  const std::string octets(64 * 1024, 'x');
  while (::send(fd, octets.data(), octets.size(), MSG_NOSIGNAL | MSG_DONTWAIT) > 0) {
  }
}

Task<void> wait_writable_into(Socket& socket, SteadyTime deadline, Result<void>* out) {
  *out = co_await socket.wait_writable(deadline);
}
Task<void> wait_readable_into(Socket& socket, SteadyTime deadline, Result<void>* out) {
  *out = co_await socket.wait_readable(deadline);
}

struct BothWays {
  Result<void> read = fail(ErrorKind::kCorrupt, "never ended");
  Result<void> write = fail(ErrorKind::kCorrupt, "never ended");
};

// Waits both ways at once; `then` runs on the loop while both wait.
BothWays wait_both_ways(Loop& loop, UniqueFd fd, SteadyTime read_until, SteadyTime write_until,
                        std::function<void(Socket&)> then) {
  BothWays out;
  std::promise<void> ended;
  std::unique_ptr<Socket> socket;
  std::unique_ptr<TaskGroup> group;
  testing::run_on(loop, [&] {
    fill(fd.get());
    socket = std::make_unique<Socket>(loop, std::move(fd));
    group = std::make_unique<TaskGroup>(loop);
    group->spawn(wait_readable_into(*socket, read_until, &out.read));
    group->spawn(wait_writable_into(*socket, write_until, &out.write));
    group->on_idle([&] { ended.set_value(); });
    then(*socket);
  });
  ended.get_future().wait();
  testing::run_on(loop, [&] { socket.reset(); });
  return out;
}

TEST_F(SocketTest, OneDirectionsDeadlineLeavesTheOtherWaiting) {
  const auto out = wait_both_ways(loop(), std::move(ours_), in_milliseconds(5), in_milliseconds(30),
                                  [](Socket&) {});
  EXPECT_EQ(out.read.error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(out.write.error().kind, ErrorKind::kTimeout);
}

TEST_F(SocketTest, WriteGoesOnAfterTheReadsTimeout) {
  Loop& the_loop = loop();
  const int peer = theirs_.get();
  const auto drain = [&the_loop, peer](Socket&) {
    the_loop.post_after(std::chrono::milliseconds(20), [peer] {
      char buffer[64 * 1024];
      while (::recv(peer, buffer, sizeof buffer, MSG_DONTWAIT) > 0) {
      }
    });
  };
  const auto out =
      wait_both_ways(loop(), std::move(ours_), in_milliseconds(5), test_deadline(), drain);
  EXPECT_EQ(out.read.error().kind, ErrorKind::kTimeout);
  EXPECT_TRUE(out.write) << out.write.error().describe();
}

TEST_F(SocketTest, CancelEndsBothWaits) {
  const auto out = wait_both_ways(loop(), std::move(ours_), test_deadline(), test_deadline(),
                                  [](Socket& socket) { socket.cancel(); });
  EXPECT_EQ(out.read.error().kind, ErrorKind::kClosed);
  EXPECT_EQ(out.write.error().kind, ErrorKind::kClosed);
}

TEST_F(SocketTest, CloseEndsBothWaits) {
  const auto out = wait_both_ways(loop(), std::move(ours_), test_deadline(), test_deadline(),
                                  [](Socket& socket) { socket.close(); });
  EXPECT_EQ(out.read.error().kind, ErrorKind::kClosed);
  EXPECT_EQ(out.write.error().kind, ErrorKind::kClosed);
}

Task<Result<void>> wait_after_cancel(Loop& loop, UniqueFd fd) {
  Socket socket(loop, std::move(fd));
  socket.cancel();
  EXPECT_TRUE(socket.is_cancelled());
  co_return co_await socket.wait_writable(test_deadline());
}

TEST_F(SocketTest, CancelHoldsForWaitsToCome) {
  EXPECT_EQ(run(wait_after_cancel(loop(), std::move(ours_))).error().kind, ErrorKind::kClosed);
}

TEST_F(SocketTest, CloseWithAbortResetsTheConnection) {
  for (const bool abort : {false, true}) {
    auto [client, server] = testing::tcp_pair();
    testing::run_on(loop(), [&] {
      Socket socket(loop(), std::move(server));
      socket.close(abort);
      EXPECT_EQ(socket.fd(), -1);
      socket.close(abort);  // again does no harm
    });
    char octet;
    const ssize_t count = ::recv(client.get(), &octet, 1, 0);
    EXPECT_EQ(count, abort ? -1 : 0);
    if (abort) {
      EXPECT_EQ(errno, ECONNRESET);
    }
  }
}

}  // namespace
}  // namespace postern::net
