#include "core/dns/mx_plan.h"

#include <gmock/gmock.h>

#include <set>

#include "tests/unit/dns/dns_fixture.h"

namespace postern::dns {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr std::uint16_t kPort = 25;

class MxPlanTest : public postern::testing::DnsTest {
 protected:
  MxPlanTest() {
    options_.use_ipv6 = false;
    options_.own_names = {"mail.own.example"};
    options_.own_addresses = {"192.0.2.99"};
  }
  PlanResult plan(const std::string& domain, std::uint16_t port = kPort) {
    const MxPlanner planner(*resolver_, pool_, options_);
    return run(planner.plan_domain(loop(), domain, port, postern::testing::test_deadline()));
  }
  PlanResult plan_host(const std::string& host, std::uint16_t port = kPort) {
    const MxPlanner planner(*resolver_, pool_, options_);
    return run(planner.plan_host(loop(), host, port, postern::testing::test_deadline()));
  }
  std::vector<std::string> hosts(const PlanResult& result) {
    std::vector<std::string> out;
    if (!result) {
      ADD_FAILURE() << result.error().status << " " << result.error().text;
      return out;
    }
    for (const MxTarget& target : result->targets)
      out.push_back(target.address.to_string());
    return out;
  }
  void expect_fault(const PlanResult& result, const char* status, const char* text) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().status, status);
    EXPECT_EQ(result.error().is_permanent, status[0] == '5');
    EXPECT_THAT(result.error().text, HasSubstr(text));
  }

  net::BlockingPool pool_{2};
  MxPlanOptions options_;
};

TEST_F(MxPlanTest, HostsGoByPreference) {
  const PlanResult result = plan("mx.example");
  EXPECT_THAT(hosts(result), ElementsAre("192.0.2.10:25", "192.0.2.20:25"));
  EXPECT_EQ(result->targets[0].host, "first.example");
  EXPECT_EQ(result->targets[0].preference, 10);
}

TEST_F(MxPlanTest, EqualPreferencesAreShuffled) {
  std::set<std::string> first;
  for (int i = 0; i < 200 && first.size() < 2; ++i)
    first.insert(hosts(plan("equal.example")).at(0));
  EXPECT_EQ(first.size(), 2U);
}

TEST_F(MxPlanTest, NotShuffledWithoutRandomizing) {
  options_.randomize = false;
  const std::string first = hosts(plan("equal.example")).at(0);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(hosts(plan("equal.example")).at(0), first);
}

TEST_F(MxPlanTest, DomainWithoutMxIsItsOwn) {
  EXPECT_THAT(hosts(plan("nomx.example", 2525)), ElementsAre("192.0.2.30:2525"));
}

TEST_F(MxPlanTest, Row177NullMxTakesNoMail) {
  expect_fault(plan("null.example"), "5.1.10", "Domain null.example does not accept mail (nullMX)");
}

TEST_F(MxPlanTest, RootBesideOtherHostsIsOverlooked) {
  EXPECT_THAT(hosts(plan("nullplus.example")), ElementsAre("192.0.2.10:25"));
}

TEST_F(MxPlanTest, Row177OwnHostAndWorseAreDropped) {
  EXPECT_THAT(hosts(plan("self.example")), ElementsAre("192.0.2.10:25"));
}

TEST_F(MxPlanTest, Row177MailThatWouldComeBack) {
  for (const char* const domain :
       {"selfonly.example", "selfname.example", "loop4.example", "zero4.example"})
    expect_fault(plan(domain), "5.4.6", "loops back to myself");
  options_.use_ipv6 = true;
  expect_fault(plan("loop6.example"), "5.4.6", "mail for loop6.example loops back to myself");
  for (const char* const host : {"127.0.0.1", "127.9.9.9", "0.0.0.0", "::1", "::", "192.0.2.99",
                                 "::ffff:127.0.0.1", "me.example"})
    expect_fault(plan_host(host), "5.4.6", "loops back to myself");
}

// A filter or a second server on this host is no loop.
TEST_F(MxPlanTest, Row177AnotherPortOfThisHostIsNotMyself) {
  EXPECT_THAT(hosts(plan("loop4.example", 10025)), ElementsAre("127.0.0.1:10025"));
  EXPECT_THAT(hosts(plan_host("127.0.0.1", 10025)), ElementsAre("127.0.0.1:10025"));
  options_.own_ports = {25, 10025};
  expect_fault(plan_host("127.0.0.1", 10025), "5.4.6", "loops back");
}

TEST_F(MxPlanTest, Row209MxThatIsAnAddressIsNone) {
  expect_fault(plan("toip.example"), "5.4.4",
               "Name service error for name=toip.example type=MX: Malformed or unexpected name "
               "server reply");
}

TEST_F(MxPlanTest, Row209NoSuchDomain) {
  expect_fault(plan("nowhere.example"), "5.4.4",
               "Host or domain name not found. Name service error for name=nowhere.example type=A: "
               "Host not found");
  options_.use_ipv6 = true;
  expect_fault(plan("nowhere.example"), "5.4.4", "type=AAAA: Host not found");
}

TEST_F(MxPlanTest, Row209ServfailDefers) {
  expect_fault(plan("broken"), "4.4.3",
               "Name service error for name=broken type=MX: Host not found, try again");
  options_.ignore_mx_lookup_error = true;
  expect_fault(plan("broken"), "4.4.3", "name=broken type=A: Host not found, try again");
}

TEST_F(MxPlanTest, MxWithoutAddress) {
  expect_fault(plan("ghost.example"), "5.4.4", "name=nowhere.example type=A: Host not found");
  options_.defer_if_no_mx_address = true;
  expect_fault(plan("ghost.example"), "4.4.4", "name=nowhere.example");
}

TEST_F(MxPlanTest, MxWhoseAddressIsNotToBeHadNowDefers) {
  expect_fault(plan("broken.example"), "4.4.3", "name=mail.broken type=A");
}

TEST_F(MxPlanTest, OtherHostsStandInForOnesWithoutAddress) {
  EXPECT_THAT(hosts(plan("half.example")), ElementsAre("192.0.2.20:25"));
  EXPECT_THAT(hosts(plan("brokenplus.example")), ElementsAre("192.0.2.20:25"));
}

TEST_F(MxPlanTest, MxThatIsAnAlias) {
  EXPECT_THAT(hosts(plan("cnamemx.example")), ElementsAre("192.0.2.1:25"));
}

TEST_F(MxPlanTest, Row209ThousandMxHostsAreCut) {
  options_.max_mx_hosts = 5;
  expect_fault(plan("many.example"), "5.4.4", "type=A");
}

TEST_F(MxPlanTest, AddressLimit) {
  options_.use_ipv6 = true;
  options_.balance_protocols = false;
  for (const std::size_t limit : {9U, 10U, 11U, 10'000U}) {
    options_.address_limit = limit;
    EXPECT_EQ(hosts(plan("wide.example")).size(), std::min<std::size_t>(10, limit));
  }
  options_.address_limit = 0;
  EXPECT_EQ(hosts(plan("wide.example")).size(), 10U);
}

TEST_F(MxPlanTest, BothProtocolsSurviveTheCut) {
  options_.use_ipv6 = true;
  for (int i = 0; i < 20; ++i) {
    const PlanResult result = plan("wide.example");
    ASSERT_TRUE(result);
    std::size_t six = 0;
    for (const MxTarget& target : result->targets)
      six += target.address.family() == net::Family::kIpv6;
    EXPECT_EQ(result->targets.size(), 5U);
    EXPECT_EQ(six, 2U);
  }
}

TEST_F(MxPlanTest, AddressPreference) {
  options_.use_ipv6 = true;
  options_.address_order = AddressOrder::kIpv6First;
  EXPECT_THAT(hosts(plan("dual.example")), ElementsAre("[2001:db8::50]:25", "192.0.2.50:25"));
  options_.address_order = AddressOrder::kIpv4First;
  EXPECT_THAT(hosts(plan("dual.example")), ElementsAre("192.0.2.50:25", "[2001:db8::50]:25"));
  options_.use_ipv4 = false;
  EXPECT_THAT(hosts(plan("dual.example")), ElementsAre("[2001:db8::50]:25"));
}

TEST_F(MxPlanTest, LiteralOfAProtocolThatIsOff) {
  EXPECT_FALSE(plan_host("2001:db8::1"));
  EXPECT_THAT(hosts(plan_host("192.0.2.1")), ElementsAre("192.0.2.1:25"));
}

TEST_F(MxPlanTest, NativeLookupKnowsLocalhost) {
  options_.host_lookup = {HostLookup::kNative};
  EXPECT_THAT(hosts(plan_host("localhost", 2525)), ElementsAre("127.0.0.1:2525"));
  options_.host_lookup = {HostLookup::kDns, HostLookup::kNative};
  EXPECT_THAT(hosts(plan_host("localhost", 2525)), ElementsAre("127.0.0.1:2525"));
  options_.use_mx = false;
  EXPECT_THAT(hosts(plan("localhost", 2525)), ElementsAre("127.0.0.1:2525"));
}

TEST_F(MxPlanTest, NativeLookupThatFindsNothing) {
  options_.host_lookup = {HostLookup::kNative};
  const PlanResult result = plan_host("nowhere.invalid");
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().text, HasSubstr("unable to look up host nowhere.invalid: "));
}

}  // namespace
}  // namespace postern::dns
