#include "core/milter/endpoint.h"

#include "tests/unit/milter/packets.h"

namespace postern::milter::testing {
namespace {

TEST(Interoperability, SocketNamesOfPostfixAndOfLibmilter) {
  // Trap 19.
  const Endpoint inet{Endpoint::Kind::kInet, "localhost", 8891, ""};
  EXPECT_EQ(parse_endpoint("inet:localhost:8891"), inet);
  EXPECT_EQ(parse_endpoint("inet:8891@localhost"), inet);
  const Endpoint inet6{Endpoint::Kind::kInet, "::1", 8891, ""};
  EXPECT_EQ(parse_endpoint("inet:[::1]:8891"), inet6);
  EXPECT_EQ(parse_endpoint("inet6:8891@::1"), inet6);
  EXPECT_EQ(parse_endpoint("inet6:8891@[::1]"), inet6);
  const Endpoint path{Endpoint::Kind::kUnix, "", 0, "/run/m:1@x"};
  EXPECT_EQ(parse_endpoint("unix:/run/m:1@x"), path);
  EXPECT_EQ(parse_endpoint("local:/run/m:1@x"), path);
}

TEST(Endpoint, WhatIsNone) {
  for (const std::string_view text :
       {"", "/run/x", "unix:", "tcp:a:1", "inet:", "inet:8891", "inet::8891", "inet:a:0",
        "inet:a:65536", "inet:a:1x", "inet:a:", "inet:@a", "inet:1@"})
    EXPECT_FALSE(parse_endpoint(text)) << text;
  EXPECT_EQ(error_of(parse_endpoint("inet:a:0")),
            "milter \"inet:a:0\": a port is a number from 1 to 65535; write inet:host:port or "
            "unix:/path");
}

TEST(Endpoint, PathsAreBounded) {
  for (const std::size_t size : {106u, 107u, 108u, 107'000u})
    EXPECT_EQ(parse_endpoint("unix:" + std::string(size, 'p')).has_value(), size <= 107);
}

}  // namespace
}  // namespace postern::milter::testing
