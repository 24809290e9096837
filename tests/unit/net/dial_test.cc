#include "core/net/dial.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "tests/support/loop_fixture.h"
#include "tests/support/stream_pair.h"
#include "tests/support/temp_dir.h"

namespace postern::net {
namespace {

using testing::in_milliseconds;
using testing::test_deadline;

struct Dialled {
  SocketAddress local;
  SocketAddress peer;
  int no_delay = 0;
};

Task<Result<Dialled>> dial_and_look(Loop& loop, SocketAddress target, SteadyTime deadline,
                                    std::optional<SocketAddress> bind_to) {
  const auto socket = co_await dial(loop, target, deadline, bind_to);
  if (!socket) co_return std::unexpected(socket.error());
  Dialled out{local_address((*socket)->fd()).value(), peer_address((*socket)->fd()).value()};
  socklen_t length = sizeof out.no_delay;
  ::getsockopt((*socket)->fd(), IPPROTO_TCP, TCP_NODELAY, &out.no_delay, &length);
  co_return out;
}

using DialTest = testing::LoopTest;

TEST_F(DialTest, ConnectsByTcp) {
  const testing::LoopbackSocket server;
  const auto dialled = run(dial_and_look(loop(), server.address, test_deadline(), {}));
  ASSERT_TRUE(dialled) << dialled.error().describe();
  EXPECT_EQ(dialled->peer, server.address);
  EXPECT_NE(dialled->no_delay, 0);
}

TEST_F(DialTest, BindsTheSourceAddress) {
  const testing::LoopbackSocket server;
  const auto source = SocketAddress::ip("127.0.0.2", 0).value();
  const auto dialled = run(dial_and_look(loop(), server.address, test_deadline(), source));
  ASSERT_TRUE(dialled) << dialled.error().describe();
  EXPECT_EQ(dialled->local.host(), "127.0.0.2");
}

// smtp_bind_address is of one family; a target of the other goes without.
TEST_F(DialTest, SourceOfAnotherFamilyIsLeftOut) {
  const testing::LoopbackSocket server;
  const auto source = SocketAddress::ip("::1", 0).value();
  EXPECT_TRUE(run(dial_and_look(loop(), server.address, test_deadline(), source)));
}

TEST_F(DialTest, SourceThatIsNotOursIsAnError) {
  const testing::LoopbackSocket server;
  const auto source = SocketAddress::ip("192.0.2.1", 0).value();
  const auto dialled = run(dial_and_look(loop(), server.address, test_deadline(), source));
  ASSERT_FALSE(dialled);
  EXPECT_EQ(dialled.error().sys_errno, EADDRNOTAVAIL);
}

TEST_F(DialTest, RefusedSaysSo) {
  SocketAddress closed;
  {
    const testing::LoopbackSocket server;
    closed = server.address;
  }
  const auto dialled = run(dial_and_look(loop(), closed, test_deadline(), {}));
  ASSERT_FALSE(dialled);
  EXPECT_EQ(dialled.error().kind, ErrorKind::kIo);
  EXPECT_EQ(dialled.error().sys_errno, ECONNREFUSED);
  EXPECT_EQ(dialled.error().describe(),
            "connect to " + closed.to_string() + ": Connection refused");
}

TEST_F(DialTest, TimesOutWhereNobodyAnswers) {
  // A full accept queue drops the SYN, as a firewall does.
  const auto full = bind_listener(SocketAddress::ip("127.0.0.1", 0).value(), {.backlog = 0});
  ASSERT_TRUE(full);
  const auto address = local_address(full->get()).value();
  const UniqueFd first = testing::blocking_connect(address);
  const auto dialled = run(dial_and_look(loop(), address, in_milliseconds(20), {}));
  ASSERT_FALSE(dialled);
  EXPECT_EQ(dialled.error().kind, ErrorKind::kTimeout);
  EXPECT_NE(dialled.error().context.find(address.to_string()), std::string::npos);
}

TEST_F(DialTest, ConnectsToAUnixSocketOrSaysWhyNot) {
  const testing::TempDir directory;
  const auto address = SocketAddress::unix_path(directory / "lmtp").value();
  EXPECT_EQ(run(dial_and_look(loop(), address, test_deadline(), {})).error().kind,
            ErrorKind::kNotFound);
  auto server = bind_listener(address);
  ASSERT_TRUE(server);
  const auto dialled = run(dial_and_look(loop(), address, test_deadline(), {}));
  ASSERT_TRUE(dialled) << dialled.error().describe();
  EXPECT_EQ(dialled->peer, address);
}

TEST_F(DialTest, NoAddressIsInvalid) {
  EXPECT_EQ(run(dial_and_look(loop(), {}, test_deadline(), {})).error().kind, ErrorKind::kInvalid);
}

}  // namespace
}  // namespace postern::net
