#include "core/net/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstddef>
#include <cstring>

namespace postern::net {
namespace {

SocketAddress round_trip(const SocketAddress& address) {
  sockaddr_storage native;
  const socklen_t length = address.to_native(native);
  return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native), length);
}

TEST(SocketAddress, PrintsEachFamily) {
  EXPECT_EQ(SocketAddress::ip("192.0.2.1", 25)->to_string(), "192.0.2.1:25");
  EXPECT_EQ(SocketAddress::ip("2001:DB8:0::1", 25)->to_string(), "[2001:db8::1]:25");
  EXPECT_EQ(SocketAddress::unix_path("/run/x")->to_string(), "unix:/run/x");
  EXPECT_EQ(SocketAddress().to_string(), "unknown");
}

TEST(SocketAddress, SurvivesTheKernelsForm) {
  for (const char* text : {"0.0.0.0", "127.0.0.1", "255.255.255.255", "::", "::1", "fe80::1"}) {
    const auto address = SocketAddress::ip(text, 65535);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(round_trip(*address), *address) << text;
  }
  const auto path = SocketAddress::unix_path("/run/postern/admin");
  EXPECT_EQ(round_trip(*path), *path);
}

TEST(SocketAddress, MappedAddressIsIpv4) {
  const auto mapped = SocketAddress::ip("::ffff:192.0.2.7", 25);
  ASSERT_TRUE(mapped);
  EXPECT_EQ(*mapped, *SocketAddress::ip("192.0.2.7", 25));
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(25);
  ASSERT_EQ(::inet_pton(AF_INET6, "::ffff:192.0.2.7", &six.sin6_addr), 1);
  EXPECT_EQ(SocketAddress::from_native(reinterpret_cast<sockaddr*>(&six), sizeof six), *mapped);
}

TEST(SocketAddress, RefusesWhatIsNotNumeric) {
  const std::string_view cases[] = {"",
                                    "localhost",
                                    "192.0.2",
                                    "192.0.2.256",
                                    "[::1]",
                                    "::1%lo",
                                    "192.0.2.1 ",
                                    std::string_view("127.0.0.1\0x", 11),
                                    "1234:1234:1234:1234:1234:1234:123.123.123.1234"};
  for (const std::string_view text : cases) {
    const auto address = SocketAddress::ip(text, 1);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().kind, ErrorKind::kInvalid);
  }
  EXPECT_FALSE(SocketAddress::ip(std::string(100'000, '1'), 1));
}

TEST(SocketAddress, UnixPathIsBoundedByTheKernel) {
  constexpr std::size_t kLimit = sizeof(sockaddr_un::sun_path) - 1;
  for (const std::size_t size : {kLimit - 1, kLimit}) {
    const auto address = SocketAddress::unix_path(std::string(size, 'p'));
    ASSERT_TRUE(address);
    EXPECT_EQ(round_trip(*address), *address);
  }
  for (const std::size_t size : {kLimit + 1, kLimit * 1000})
    EXPECT_EQ(SocketAddress::unix_path(std::string(size, 'p')).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(SocketAddress::unix_path("").error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(SocketAddress::unix_path(std::string_view("/a\0b", 4)).error().kind,
            ErrorKind::kInvalid);
}

TEST(SocketAddress, KnowsLoopback) {
  EXPECT_TRUE(SocketAddress::ip("127.9.9.9", 1)->is_loopback());
  EXPECT_TRUE(SocketAddress::ip("::1", 1)->is_loopback());
  EXPECT_TRUE(SocketAddress::ip("::ffff:127.0.0.1", 1)->is_loopback());
  EXPECT_TRUE(SocketAddress::unix_path("/x")->is_loopback());
  EXPECT_FALSE(SocketAddress::ip("128.0.0.1", 1)->is_loopback());
  EXPECT_FALSE(SocketAddress::ip("::2", 1)->is_loopback());
  EXPECT_FALSE(SocketAddress().is_loopback());
}

TEST(SocketAddress, ForeignOrShortNativeFormIsUnknown) {
  sockaddr_storage native{};
  native.ss_family = AF_APPLETALK;
  const auto* const generic = reinterpret_cast<const sockaddr*>(&native);
  EXPECT_EQ(SocketAddress::from_native(generic, sizeof native).host(), "unknown");
  EXPECT_EQ(SocketAddress::from_native(generic, 0).family(), Family::kNone);
  native.ss_family = AF_INET6;
  EXPECT_EQ(SocketAddress::from_native(generic, sizeof(sockaddr_in)).family(), Family::kNone);
  native.ss_family = AF_UNIX;  // a client that did not bind
  const auto nameless = SocketAddress::from_native(generic, sizeof(sa_family_t));
  EXPECT_EQ(nameless.family(), Family::kUnix);
  EXPECT_EQ(nameless.host(), "unknown");
}

}  // namespace
}  // namespace postern::net
