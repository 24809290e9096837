#include "core/dns/resolver.h"

#include "tests/unit/dns/dns_fixture.h"

namespace postern::dns {
namespace {

using postern::testing::DnsTest;
using postern::testing::SilentDns;

TEST(Records, MxIsPreferenceAndName) {
  const auto mx =
      parse_mx(std::string_view("\x01\x02\x02mx\x07"
                                "example\0",
                                14));
  ASSERT_TRUE(mx);
  EXPECT_EQ(mx->preference, 0x0102);
  EXPECT_EQ(mx->host, "mx.example");
  EXPECT_EQ(parse_mx(std::string_view("\0\0\0", 3))->host, "");
}

TEST(Records, Row209MalformedDataIsNoRecord) {
  for (const std::string_view data :
       {std::string_view(), std::string_view("\0", 1), std::string_view("\0\x0a", 2),
        std::string_view("\0\x0a\x05short", 8), std::string_view("\0\x0a\xc0\x0c", 4),
        std::string_view("\0\x0a\x02mx", 5), std::string_view("\0\x0a\x02mx\0junk", 10),
        std::string_view("\0\x0a\x02m.\0", 6), std::string_view("\0\x0a\x02m\n\0", 6),
        std::string_view("\0\x0a\x02m\0\0", 6)})
    EXPECT_FALSE(parse_mx(data)) << data.size();
  std::string long_name("\0\x0a", 2);
  for (int i = 0; i < 5; ++i)
    long_name += '\x3f' + std::string(63, 'a');
  EXPECT_FALSE(parse_mx(long_name + '\0'));
  EXPECT_FALSE(parse_address(RecordType::kA, "abc", 25));
  EXPECT_FALSE(parse_address(RecordType::kAaaa, "abcd", 25));
  EXPECT_FALSE(parse_address(RecordType::kMx, "abcd", 25));
}

TEST(Records, AddressHasThePort) {
  EXPECT_EQ(parse_address(RecordType::kA, "\x7f\x01\x02\x03", 25)->to_string(), "127.1.2.3:25");
}

TEST_F(DnsTest, FindsRecordsOfEveryType) {
  const Answer a = ask("host.example", RecordType::kA);
  ASSERT_EQ(a.status, Status::kFound);
  EXPECT_EQ(parse_address(RecordType::kA, a.records.at(0), 25)->host(), "192.0.2.1");
  EXPECT_FALSE(a.is_secure);
  EXPECT_EQ(ask("host.example.", RecordType::kAaaa).status, Status::kFound);
  EXPECT_EQ(ask("mx.example", RecordType::kMx).records.size(), 2U);
  EXPECT_EQ(ask("text.example", RecordType::kTxt).records.at(0), "\x05hello");
  EXPECT_EQ(ask("_25._tcp.host.example", RecordType::kTlsa).status, Status::kFound);
}

TEST_F(DnsTest, FollowsCname) {
  const Answer answer = ask("alias.example", RecordType::kA);
  EXPECT_EQ(answer.status, Status::kFound);
  EXPECT_EQ(answer.canonical_name, "host.example");
}

TEST_F(DnsTest, Row209TellsAbsenceFromFailure) {
  EXPECT_EQ(ask("nowhere.example", RecordType::kA).status, Status::kNxDomain);
  EXPECT_EQ(ask("four.example", RecordType::kAaaa).status, Status::kNoData);
  EXPECT_EQ(ask("mail.broken", RecordType::kA).status, Status::kServFail);
  EXPECT_EQ(ask("loop1.example", RecordType::kA).status, Status::kServFail);
}

TEST_F(DnsTest, WhatIsNoNameIsNotAsked) {
  for (const std::string& name :
       {std::string(), std::string("."), std::string("a..b"), std::string(".a"),
        std::string(64, 'x') + ".example", std::string("a b.example"), std::string("a\\046b"),
        std::string("a\0b", 3), std::string("\xc3\xbc.example"), std::string(10'000, 'a')}) {
    EXPECT_EQ(ask(name, RecordType::kA).status, Status::kMalformed) << name;
  }
  EXPECT_EQ(ask(std::string(63, 'x') + ".example", RecordType::kA).status, Status::kNxDomain);
}

// 1000 MX records need TCP.
TEST_F(DnsTest, Row209LargeAnswerIsCutAtTheLimit) {
  EXPECT_EQ(ask("many.example", RecordType::kMx).records.size(), 100U);
  for (const std::size_t limit : {999U, 1000U, 1001U}) {
    ResolverOptions options;
    options.forwarders = {postern::testing::example_dns().address()};
    options.max_records = limit;
    const auto resolver = Resolver::make(options).value();
    const Answer answer = run(resolver->lookup(loop(), "many.example", RecordType::kMx,
                                               postern::testing::test_deadline()));
    EXPECT_EQ(answer.records.size(), std::min<std::size_t>(limit, 1000));
  }
}

TEST_F(DnsTest, RecordsAboveTheirSizeLimitAreDropped) {
  for (const std::size_t limit : {5U, 6U, 7U}) {
    ResolverOptions options;
    options.forwarders = {postern::testing::example_dns().address()};
    options.max_record_octets = limit;
    const auto resolver = Resolver::make(options).value();
    const Answer answer = run(resolver->lookup(loop(), "text.example", RecordType::kTxt,
                                               postern::testing::test_deadline()));
    EXPECT_EQ(answer.status, limit < 6 ? Status::kNoData : Status::kFound);
  }
}

class SilentDnsTest : public postern::testing::LoopTest {
 protected:
  std::unique_ptr<Resolver> make(std::size_t max_in_flight = 100) {
    ResolverOptions options;
    options.forwarders = {silent_.address()};
    options.max_in_flight = max_in_flight;
    return Resolver::make(options).value();
  }
  SilentDns silent_;
};

TEST_F(SilentDnsTest, Row209ServerThatDoesNotAnswerEndsAtTheDeadline) {
  const auto resolver = make();
  const auto start = std::chrono::steady_clock::now();
  const Answer answer = run(resolver->lookup(loop(), "host.example", RecordType::kA,
                                             postern::testing::in_milliseconds(50)));
  EXPECT_EQ(answer.status, Status::kTimeout);
  EXPECT_LT(std::chrono::steady_clock::now() - start, Seconds(5));
  EXPECT_EQ(resolver->in_flight(), 0U);
}

TEST_F(SilentDnsTest, LookupsInFlightAreBounded) {
  const auto resolver = make(3);
  std::vector<Lookup> lookups;
  for (int i = 0; i < 3; ++i)
    lookups.push_back(resolver->start(loop(), fmt::format("h{}.example", i), RecordType::kA));
  EXPECT_EQ(resolver->in_flight(), 3U);
  for (int i = 0; i < 3; ++i) {
    const Answer answer = run(resolver->lookup(loop(), "more.example", RecordType::kA,
                                               postern::testing::test_deadline()));
    EXPECT_EQ(answer.status, Status::kBusy);
  }
  lookups.pop_back();  // given up: its place is free
  const Answer answer = run(resolver->lookup(loop(), "more.example", RecordType::kA,
                                             postern::testing::in_milliseconds(20)));
  EXPECT_EQ(answer.status, Status::kTimeout);
  lookups.clear();
  EXPECT_EQ(resolver->in_flight(), 0U);
}

TEST_F(SilentDnsTest, ThoseWhoWaitWhenTheResolverGoesAreTold) {
  auto resolver = make();
  std::promise<Answer> told;
  auto result = told.get_future();
  Lookup lookup = resolver->start(loop(), "host.example", RecordType::kA);
  resolver.reset();
  EXPECT_EQ(run(lookup.wait(postern::testing::test_deadline())).status, Status::kServFail);
}

TEST_F(DnsTest, ManyLookupsFromSeveralLoopsAtOnce) {
  net::LoopPool loops(3);
  loops.start("dns-test");
  std::vector<std::pair<net::Loop*, Lookup>> lookups;
  for (int i = 0; i < 300; ++i) {
    net::Loop& each = loops.next();
    lookups.emplace_back(&each, resolver_->start(each, i % 2 ? "host.example" : "mx.example",
                                                 i % 2 ? RecordType::kA : RecordType::kMx));
  }
  for (auto& [each, lookup] : lookups) {
    const Answer answer =
        postern::testing::run(*each, lookup.wait(postern::testing::test_deadline()));
    EXPECT_EQ(answer.status, Status::kFound);
  }
  EXPECT_EQ(resolver_->in_flight(), 0U);
}

TEST_F(DnsTest, HostsFileGoesBeforeDns) {
  postern::testing::TempDir directory;
  ResolverOptions options;
  options.forwarders = {postern::testing::example_dns().address()};
  options.hosts_file = directory.write("hosts", "198.51.100.1 host.example\n");
  const auto resolver = Resolver::make(options).value();
  const Answer answer = run(
      resolver->lookup(loop(), "host.example", RecordType::kA, postern::testing::test_deadline()));
  ASSERT_EQ(answer.status, Status::kFound);
  EXPECT_EQ(parse_address(RecordType::kA, answer.records.at(0), 0)->host(), "198.51.100.1");
}

TEST(ResolverOptionsTest, ForwardersAreAddresses) {
  for (const char* const bad : {"", "host.example", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536",
                                "192.0.2.1:53x", "[::1", "1.2.3"}) {
    ResolverOptions options;
    options.forwarders = {bad};
    const auto resolver = Resolver::make(options);
    ASSERT_FALSE(resolver) << bad;
    EXPECT_EQ(resolver.error().kind, ErrorKind::kInvalid);
  }
  for (const char* const good : {"192.0.2.1", "192.0.2.1:5353", "::1", "[::1]", "[::1]:5353"}) {
    ResolverOptions options;
    options.forwarders = {good};
    EXPECT_TRUE(Resolver::make(options)) << good;
  }
}

TEST(ResolverOptionsTest, MissingFilesAreNamed) {
  ResolverOptions options;
  options.resolv_conf = "/nonexistent/resolv.conf";
  const auto resolver = Resolver::make(options);
  ASSERT_FALSE(resolver);
  EXPECT_NE(resolver.error().context.find("/nonexistent/resolv.conf"), std::string::npos);
}

}  // namespace
}  // namespace postern::dns
