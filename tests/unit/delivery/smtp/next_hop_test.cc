#include "core/delivery/smtp/next_hop.h"

#include <gmock/gmock.h>

namespace postern::delivery {
namespace {

using Kind = NextHop::Kind;
using ::testing::ElementsAre;

struct NextHopCase {
  const char* text;
  Kind kind;
  const char* name;
  int port;
};

TEST(NextHopSyntaxTest, Forms) {
  const NextHopCase cases[] = {
      {"example.com", Kind::kDomain, "example.com", 25},
      {"Example.COM.", Kind::kDomain, "example.com", 25},
      {"example.com:2525", Kind::kDomain, "example.com", 2525},
      {"example.com:submission", Kind::kDomain, "example.com", 587},
      {"[mail.example.com]", Kind::kHost, "mail.example.com", 25},
      {"[mail.example.com]:1", Kind::kHost, "mail.example.com", 1},
      {"[192.0.2.1]:65535", Kind::kHost, "192.0.2.1", 65535},
      {"192.0.2.1", Kind::kHost, "192.0.2.1", 25},
      {"[IPv6:2001:DB8::1]", Kind::kHost, "2001:db8::1", 25},
      {"[2001:db8::1]:26", Kind::kHost, "2001:db8::1", 26},
      {"inet:example.com:24", Kind::kDomain, "example.com", 24},
      {"b\xc3\xbc"
       "cher.example",
       Kind::kDomain, "xn--bcher-kva.example", 25},
      {"unix:/run/lmtp", Kind::kUnix, "/run/lmtp", 25},
      {"unix:private/lmtp", Kind::kUnix, "/var/spool/private/lmtp", 25},
  };
  for (const NextHopCase& each : cases) {
    const auto hop = parse_next_hop(each.text, {false, 25, "/var/spool"});
    ASSERT_TRUE(hop) << each.text;
    EXPECT_EQ(hop->kind, each.kind) << each.text;
    EXPECT_EQ(hop->name, each.name);
    EXPECT_EQ(hop->port, each.port);
  }
}

TEST(NextHopSyntaxTest, LmtpNeverAsksForMx) {
  const auto hop = parse_next_hop("example.com", {true, 24, ""});
  ASSERT_TRUE(hop);
  EXPECT_EQ(hop->kind, Kind::kHost);
  EXPECT_EQ(hop->port, 24);
}

TEST(NextHopSyntaxTest, WhatIsNone) {
  for (const char* const text :
       {"", ":25", "[]", "[a", "[a]b", "[a]:", "a:", "a:0", "a:65536", "a:999999999999", "a:x",
        "a:-1", "a:+1", "unix:", "a..b", "-a", "2001:db8::1", "a b"})
    EXPECT_FALSE(parse_next_hop(text, {})) << text;
}

TEST(NextHopSyntaxTest, ListsAreSplit) {
  EXPECT_THAT(split_next_hops(" a, [b]:25\tc,,"), ElementsAre("a", "[b]:25", "c"));
  EXPECT_TRUE(split_next_hops(" ,").empty());
}

}  // namespace
}  // namespace postern::delivery
