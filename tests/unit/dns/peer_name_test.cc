#include "core/dns/peer_name.h"

#include "tests/unit/dns/dns_fixture.h"

namespace postern::dns {
namespace {

class PeerNameTest : public postern::testing::DnsTest {
 protected:
  PeerName name_of(const char* address) {
    return run(confirmed_name(loop(), *resolver_, net::SocketAddress::ip(address, 1).value(),
                              postern::testing::test_deadline()));
  }
};

TEST(ReverseName, OfBothProtocols) {
  EXPECT_EQ(reverse_name(net::SocketAddress::ip("192.0.2.1", 0).value()), "1.2.0.192.in-addr.arpa");
  EXPECT_EQ(reverse_name(net::SocketAddress::ip("2001:db8::a1", 0).value()),
            "1.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST_F(PeerNameTest, ConfirmedWhereTheNameLeadsBack) {
  for (const char* const address : {"192.0.2.1", "2001:db8::1"}) {
    const PeerName name = name_of(address);
    EXPECT_EQ(name.status, NameStatus::kConfirmed);
    EXPECT_EQ(name.name, "host.example");
    EXPECT_EQ(name.reverse, "host.example");
  }
}

TEST_F(PeerNameTest, ForgedWhereItDoesNot) {
  const PeerName name = name_of("192.0.2.2");
  EXPECT_EQ(name.status, NameStatus::kForged);
  EXPECT_EQ(name.name, "unknown");
  EXPECT_EQ(name.reverse, "first.example");
  EXPECT_EQ(name_of("192.0.2.3").status, NameStatus::kForged);
}

TEST_F(PeerNameTest, NoneWithoutReverseName) {
  const PeerName name = name_of("192.0.2.77");
  EXPECT_EQ(name.status, NameStatus::kNone);
  EXPECT_EQ(name.reverse_status, NameStatus::kNone);
  EXPECT_EQ(name.name, "unknown");
}

TEST_F(PeerNameTest, NumericReverseNameIsNone) {
  const PeerName name = name_of("192.0.2.5");
  EXPECT_EQ(name.status, NameStatus::kNone);
  EXPECT_EQ(name.reverse, "unknown");
}

TEST_F(PeerNameTest, UnknownForNowWhereDnsFails) {
  const PeerName name = name_of("192.0.2.7");
  EXPECT_EQ(name.status, NameStatus::kTemporary);
  EXPECT_EQ(name.reverse, "host.broken");
  EXPECT_EQ(name_of("198.51.100.1").status, NameStatus::kTemporary);  // refused by the server
}

TEST_F(PeerNameTest, OneOfSeveralNamesSufficesAndIsLowerCase) {
  const PeerName name = name_of("192.0.2.8");
  EXPECT_EQ(name.status, NameStatus::kConfirmed);
  EXPECT_EQ(name.name, "eight.example");
}

TEST_F(PeerNameTest, EndsAtTheDeadline) {
  postern::testing::SilentDns silent;
  ResolverOptions options;
  options.forwarders = {silent.address()};
  const auto resolver = Resolver::make(options).value();
  const PeerName name =
      run(confirmed_name(loop(), *resolver, net::SocketAddress::ip("192.0.2.1", 1).value(),
                         postern::testing::in_milliseconds(50)));
  EXPECT_EQ(name.status, NameStatus::kTemporary);
}

}  // namespace
}  // namespace postern::dns
