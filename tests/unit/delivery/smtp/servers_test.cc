// Which server gets the message: MX order, the next one, limits, fallback relays, loops.
// Servers of one domain listen on one port of 127.0.0.2, 127.0.0.3 ...; a real nsd names them.
#include "tests/unit/delivery/smtp/smtp_fixture.h"

namespace postern::delivery {
namespace {

using mail::Outcome;
using mail::SiteVerdict;
using postern::testing::answering;
using postern::testing::DnsServer;
using postern::testing::PeerRules;
using postern::testing::PeerScript;
using postern::testing::ScriptedPeer;
using postern::testing::serve;
using postern::testing::SmtpTest;
using ::testing::HasSubstr;

const DnsServer& dns_server() {
  static const DnsServer server({{"example", R"(
two    MX 10 a
       MX 20 b
three  MX 10 a
       MX 20 b
       MX 30 c
a      A  127.0.0.2
b      A  127.0.0.3
c      A  127.0.0.4
null   MX 0 .
self   MX 10 me
me     A  192.0.2.1
)"},
                                 {"broken", "broken"}});
  return server;
}

class SmtpServers : public SmtpTest {
 protected:
  SmtpServers() {
    use_dns(dns_server());
    options_.mx.use_ipv6 = false;
    options_.timeouts.connect = Seconds(10);
  }
  // Server `last` of 127.0.0.<last>, all on one port.
  ScriptedPeer& add(int last, PeerScript script) {
    const auto address = net::SocketAddress::ip(fmt::format("127.0.0.{}", last), port_).value();
    servers_.push_back(
        std::make_unique<ScriptedPeer>(std::vector<PeerScript>{std::move(script)}, address));
    port_ = servers_.back()->address().port();
    return *servers_.back();
  }
  std::string domain(const char* name) { return fmt::format("{}.example:{}", name, port_); }

  std::vector<std::unique_ptr<ScriptedPeer>> servers_;
  std::uint16_t port_ = 0;
};

PeerScript greeting(const char* text) {
  PeerRules rules;
  rules.greeting = text;
  return serve(rules);
}

TEST_F(SmtpServers, BestMxFirst) {
  ScriptedPeer& a = add(2, serve({}));
  ScriptedPeer& b = add(3, serve({}));
  const auto result = deliver(attempt(domain("two")));
  EXPECT_EQ(result.recipients[0].outcome, Outcome::kDelivered);
  EXPECT_EQ(result.recipients[0].remote_mta, fmt::format("a.example[127.0.0.2]:{}", port_));
  EXPECT_EQ(a.connections(), 1U);
  EXPECT_EQ(b.connections(), 0U);
}

TEST_F(SmtpServers, NextMxWhereOneIsDown) {
  ScriptedPeer& b = add(3, serve({}));
  const auto result = deliver(attempt(domain("two")));
  EXPECT_EQ(result.recipients[0].outcome, Outcome::kDelivered);
  EXPECT_EQ(result.site, SiteVerdict::kGood);
  EXPECT_EQ(b.connections(), 1U);
}

TEST_F(SmtpServers, NextMxWhereOneDoesNotTalk) {
  for (const char* const text : {"421 busy", "450 busy", "554 no", "junk"}) {
    servers_.clear();
    transport_.reset();
    port_ = 0;
    add(2, greeting(text));
    ScriptedPeer& b = add(3, serve({}));
    EXPECT_EQ(deliver(attempt(domain("two"))).recipients[0].outcome, Outcome::kDelivered);
    EXPECT_EQ(b.connections(), 1U) << text;
  }
}

TEST_F(SmtpServers, RecipientsThatWerePutOffGoToTheNextMx) {
  PeerRules first;
  first.reply = [](const std::string& line) -> std::string {
    if (line.starts_with("RCPT TO:<r0")) return "450 4.2.1 greylisted";
    if (line.starts_with("RCPT TO:<r1")) return "550 5.1.1 no";
    return {};
  };
  add(2, serve(first));
  PeerRules second;
  add(3, serve(second));
  const auto all = deliver(attempt(domain("two"), 3)).recipients;
  EXPECT_EQ(all[0].outcome, Outcome::kDelivered);
  EXPECT_THAT(all[0].remote_mta, HasSubstr("b.example"));
  EXPECT_EQ(all[1].outcome, Outcome::kFailed);
  EXPECT_THAT(all[2].remote_mta, HasSubstr("a.example"));
  EXPECT_EQ(second.seen->of("RCPT").size(), 1U);
}

TEST_F(SmtpServers, ServersThatAreGreetedAreBounded) {
  for (const std::size_t limit : {1U, 2U, 3U, 0U}) {
    servers_.clear();
    transport_.reset();
    port_ = 0;
    options_.mx_session_limit = limit;
    for (int i = 2; i <= 4; ++i)
      add(i, serve(answering("MAIL", "450 4.3.0 no")));
    const auto result = deliver(attempt(domain("three"))).recipients[0];
    EXPECT_EQ(result.status, "4.3.0");
    std::size_t greeted = 0;
    for (const auto& each : servers_)
      greeted += each->connections();
    EXPECT_EQ(greeted, limit == 0 ? 3 : limit);
  }
}

TEST_F(SmtpServers, NobodyThere) {
  add(9, serve({}));  // for a port that is free on the others
  const auto result = deliver(attempt(domain("two")));
  EXPECT_EQ(result.recipients[0].outcome, Outcome::kDeferred);
  EXPECT_EQ(result.recipients[0].status, "4.4.1");
  EXPECT_EQ(result.recipients[0].diagnostic,
            fmt::format("connect to b.example[127.0.0.3]:{}: Connection refused", port_));
  EXPECT_EQ(result.site, SiteVerdict::kDead);
}

TEST_F(SmtpServers, Row177NullMxAndSelfMakeNoConnection) {
  options_.mx.own_addresses = {"192.0.2.1"};
  auto result = deliver(attempt("null.example"));
  EXPECT_EQ(result.recipients[0].outcome, Outcome::kFailed);
  EXPECT_EQ(result.recipients[0].status, "5.1.10");
  EXPECT_EQ(result.recipients[0].remote_mta, "");
  result = deliver(attempt("self.example"));
  EXPECT_EQ(result.recipients[0].outcome, Outcome::kFailed);
  EXPECT_EQ(result.recipients[0].diagnostic, "mail for self.example loops back to myself");
  EXPECT_EQ(result.recipients[0].status, "5.4.6");
}

TEST_F(SmtpServers, Row209DnsFailureDefersAndAbsenceFails) {
  auto result = deliver(attempt("broken"));
  EXPECT_EQ(result.recipients[0].outcome, Outcome::kDeferred);
  EXPECT_EQ(result.recipients[0].status, "4.4.3");
  EXPECT_EQ(result.site, SiteVerdict::kDead);
  result = deliver(attempt("nowhere.example"));
  EXPECT_EQ(result.recipients[0].outcome, Outcome::kFailed);
  EXPECT_EQ(result.recipients[0].status, "5.4.4");
  EXPECT_EQ(result.site, SiteVerdict::kGood);
}

TEST_F(SmtpServers, FallbackRelayTakesWhatHasNowhereToGo) {
  ScriptedPeer& relay = add(9, serve({}));
  options_.fallback_relay = {fmt::format("[127.0.0.9]:{}", port_)};
  for (const std::string& hop : {domain("two"), domain("nowhere"), std::string("broken")})
    EXPECT_EQ(deliver(attempt(hop)).recipients[0].outcome, Outcome::kDelivered) << hop;
  EXPECT_EQ(relay.connections(), 3U);
  // But not what nobody may have.
  EXPECT_EQ(deliver(attempt("null.example")).recipients[0].outcome, Outcome::kFailed);
}

TEST_F(SmtpServers, SeveralNextHops) {
  ScriptedPeer& b = add(3, serve({}));
  const std::string hops = fmt::format("[127.0.0.2]:{0}, [127.0.0.3]:{0}", port_);
  EXPECT_EQ(deliver(attempt(hops)).recipients[0].outcome, Outcome::kDelivered);
  EXPECT_EQ(b.connections(), 1U);
}

TEST_F(SmtpServers, NextHopThatIsNone) {
  for (const char* const hop : {"", "[", "[192.0.2.1", "x..y", "host:99999", "[::1]x"}) {
    const auto result = deliver(attempt(hop)).recipients[0];
    EXPECT_EQ(result.outcome, Outcome::kFailed) << hop;
    EXPECT_EQ(result.status, "5.4.4") << hop;
  }
}

TEST_F(SmtpServers, SourceAddress) {
  options_.bind_address = "127.0.0.77";
  std::promise<std::string> seen;
  auto source = seen.get_future();
  const net::SocketAddress any = net::SocketAddress::ip("127.0.0.1", 0).value();
  UniqueFd listening = net::bind_listener(any).value();
  const auto address = net::local_address(listening.get()).value();
  std::thread server([&] {
    pollfd ready{.fd = listening.get(), .events = POLLIN, .revents = 0};
    ::poll(&ready, 1, 20'000);
    const UniqueFd peer(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
    seen.set_value(net::peer_address(peer.get()).value().host());
  });
  deliver(attempt(fmt::format("[127.0.0.1]:{}", address.port())));
  server.join();
  EXPECT_EQ(source.get(), "127.0.0.77");
}

}  // namespace
}  // namespace postern::delivery
