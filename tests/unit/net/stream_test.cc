#include "core/net/stream.h"

#include <gtest/gtest.h>

#include "tests/support/loop_fixture.h"
#include "tests/support/stream_pair.h"

namespace postern::net {
namespace {

using testing::in_milliseconds;
using testing::test_deadline;

Task<Result<std::string>> read_all(Loop& loop, UniqueFd fd, std::size_t piece) {
  const auto stream = testing::plain_stream(loop, std::move(fd));
  std::string out;
  std::string buffer(piece, '\0');
  for (;;) {
    const auto count = co_await stream->read_some(buffer, test_deadline());
    if (!count) co_return std::unexpected(count.error());
    if (*count == 0) co_return out;
    out.append(buffer, 0, *count);
  }
}

Task<Result<void>> write_and_shut(Loop& loop, UniqueFd fd, std::string octets,
                                  SteadyTime deadline) {
  const auto stream = testing::plain_stream(loop, std::move(fd));
  auto written = co_await stream->write_all(octets, deadline);
  stream->shutdown();
  co_return written;
}

Task<Result<std::size_t>> read_once(Loop& loop, UniqueFd fd, SteadyTime deadline) {
  const auto stream = testing::plain_stream(loop, std::move(fd));
  char buffer[16];
  co_return co_await stream->read_some(buffer, deadline);
}

using StreamTest = testing::LoopTest;

TEST_F(StreamTest, ReadsUntilThePeersEnd) {
  for (const std::size_t piece : {1u, 3u, 4096u}) {
    auto [ours, theirs] = testing::tcp_pair();
    testing::send_all(theirs.get(), "EHLO example.org\r\n");
    theirs.reset();
    EXPECT_EQ(run(read_all(loop(), std::move(ours), piece)).value(), "EHLO example.org\r\n");
  }
}

TEST_F(StreamTest, WritesMoreThanTheSocketTakesAtOnce) {
  auto [ours, theirs] = testing::tcp_pair();
  const std::string octets(8 << 20, 'm');
  auto received = std::async(std::launch::async, testing::receive_all, theirs.get());
  ASSERT_TRUE(run(write_and_shut(loop(), std::move(ours), octets, test_deadline())));
  EXPECT_EQ(received.get(), octets);
}

TEST_F(StreamTest, ReadTimesOut) {
  auto [ours, theirs] = testing::tcp_pair();
  const auto count = run(read_once(loop(), std::move(ours), in_milliseconds(20)));
  EXPECT_EQ(count.error().kind, ErrorKind::kTimeout);
}

TEST_F(StreamTest, WriteToAPeerThatDoesNotReadTimesOut) {
  auto [ours, theirs] = testing::socket_pair();
  const auto written =
      run(write_and_shut(loop(), std::move(ours), std::string(8 << 20, 'm'), in_milliseconds(20)));
  EXPECT_EQ(written.error().kind, ErrorKind::kTimeout);
}

TEST_F(StreamTest, WriteToAPeerThatHasGoneIsAnErrorAndNoSignal) {
  auto [ours, theirs] = testing::socket_pair();
  theirs.reset();
  const auto written = run(write_and_shut(loop(), std::move(ours), "250 ok", test_deadline()));
  EXPECT_EQ(written.error().kind, ErrorKind::kClosed);
}

TEST_F(StreamTest, ResetByThePeerIsAnError) {
  auto [ours, theirs] = testing::tcp_pair();
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(theirs.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  theirs.reset();
  EXPECT_EQ(run(read_once(loop(), std::move(ours), test_deadline())).error().kind,
            ErrorKind::kClosed);
}

TEST_F(StreamTest, TryCallsNeverWait) {
  auto [ours, theirs] = testing::socket_pair();
  testing::run_on(loop(), [&] {
    const auto stream = testing::plain_stream(loop(), std::move(ours));
    char buffer[8];
    const auto nothing = stream->try_read(buffer);
    ASSERT_TRUE(nothing);
    EXPECT_EQ(nothing->wants, IoStep::Wants::kReadable);
    const auto written = stream->try_write("abc");
    ASSERT_TRUE(written);
    EXPECT_EQ(written->octets, 3u);
    const std::string much(1 << 20, 'm');
    auto step = stream->try_write(much);
    while (step && step->wants == IoStep::Wants::kNothing)
      step = stream->try_write(much);
    ASSERT_TRUE(step);
    EXPECT_EQ(step->wants, IoStep::Wants::kWritable);
    EXPECT_FALSE(stream->is_tls());
    EXPECT_FALSE(stream->has_pending());
  });
}

Task<std::string> wait_then_try(Loop& loop, UniqueFd fd) {
  const auto stream = testing::plain_stream(loop, std::move(fd));
  const auto ready = co_await stream->wait_readable(test_deadline());
  EXPECT_TRUE(ready);
  const std::span<char> buffer = loop.scratch();
  const auto step = stream->try_read(buffer);
  co_return std::string(buffer.data(), step->octets);
}

TEST_F(StreamTest, WaitReadableThenTryReadIntoScratch) {
  auto [ours, theirs] = testing::socket_pair();
  testing::send_all(theirs.get(), "NOOP\r\n");
  EXPECT_EQ(run(wait_then_try(loop(), std::move(ours))), "NOOP\r\n");
}

}  // namespace
}  // namespace postern::net
