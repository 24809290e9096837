// One nsd with the zone "example" for all tests of a process, and a resolver that asks it.
#pragma once

#include "core/dns/resolver.h"
#include "tests/support/dns_server.h"
#include "tests/support/loop_fixture.h"

namespace postern::testing {

inline const DnsServer& example_dns() {
  static const DnsServer server = [] {
    std::string many;
    for (int i = 0; i < 1000; ++i)
      many += fmt::format("many MX {} m{}\n", i, i);
    return DnsServer({{"example", R"(
host       A     192.0.2.1
           AAAA  2001:db8::1
four       A     192.0.2.4
alias      CNAME host
loop1      CNAME loop2
loop2      CNAME loop1
text       TXT   "hello"
_25._tcp.host TLSA 3 1 1 00
mx         MX    20 second
           MX    10 first
first      A     192.0.2.10
second     A     192.0.2.20
equal      MX    10 first
           MX    10 second
null       MX    0 .
nullplus   MX    0 .
           MX    10 first
toip       MX    10 192.0.2.1.
nomx       A     192.0.2.30
ghost      MX    10 nowhere
half       MX    10 nowhere
           MX    20 second
broken     MX    10 mail.broken.
brokenplus MX    10 mail.broken.
           MX    20 second
self       MX    10 first
           MX    20 me
           MX    20 second
           MX    30 nomx
me         A     192.0.2.99
selfonly   MX    10 me
loop4      MX    10 loop4host
loop4host  A     127.0.0.1
zero4      MX    10 zero4host
zero4host  A     0.0.0.0
loop6      MX    10 loop6host
loop6host  AAAA  ::1
selfname   MX    10 mail.own.example.
mail.own   A     198.51.100.7
)" + many + R"(
wide       MX    10 wide4
           MX    10 wide6
wide4      A     192.0.2.40
           A     192.0.2.41
           A     192.0.2.42
wide6      AAAA  2001:db8::40
           AAAA  2001:db8::41
           AAAA  2001:db8::42
           AAAA  2001:db8::43
           AAAA  2001:db8::44
           AAAA  2001:db8::45
           AAAA  2001:db8::46
dual       A     192.0.2.50
           AAAA  2001:db8::50
cnamemx    MX    10 alias
eight      A     192.0.2.8
)"},
                      {"broken", "broken"},
                      {"2.0.192.in-addr.arpa", R"(
1   PTR host.example.
2   PTR first.example.
3   PTR nowhere.example.
5   PTR 192.0.2.5.
7   PTR host.broken.
8   PTR nowhere.example.
8   PTR Eight.example.
)"},
                      {"8.b.d.0.1.0.0.2.ip6.arpa",
                       "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0 PTR host.example.\n"}});
  }();
  return server;
}

class DnsTest : public LoopTest {
 protected:
  DnsTest() {
    dns::ResolverOptions options;
    options.forwarders = {example_dns().address()};
    resolver_ = dns::Resolver::make(options).value();
  }
  dns::Answer ask(const std::string& name, dns::RecordType type) {
    return run(resolver_->lookup(loop(), name, type, test_deadline()));
  }

  std::unique_ptr<dns::Resolver> resolver_;
};

}  // namespace postern::testing
