// Nobody's mail passes through us to third parties by a trick of address syntax.
#include <gtest/gtest.h>

#include "core/routing/directory.h"
#include "core/routing/restrictions.h"
#include "core/smtp/address.h"

namespace postern::routing {
namespace {

DirectoryOptions site() {
  DirectoryOptions options;
  options.myhostname = "mx.local.test";
  options.myorigin = "local.test";
  options.mydestination = "local.test, mx.local.test";
  options.own_addresses = {"192.0.2.1", "2001:db8::1"};
  options.local_recipient_maps = "inline:{ joe=x }";
  options.relay_domains = "relay.test";
  options.virtual_mailbox_domains = "box.test";
  options.virtual_alias_domains =
      "alias.test b\xC3\xBC"
      "cher.test";
  return options;
}

std::shared_ptr<const Directory> directory(DirectoryOptions options = site()) {
  auto opened = Directory::open(std::move(options));
  EXPECT_TRUE(opened) << opened.error().describe();
  return *opened;
}

// Whether a stranger may send to `path`, parsed as RCPT parses it; false too where that fails.
bool accepts(const Directory& directory, std::string_view path) {
  const auto parsed = smtp::parse_path(path, {.allow_utf8 = true});
  if (!parsed || !parsed->path) return false;
  const auto resolved = directory.resolve(*parsed->path);
  EXPECT_TRUE(resolved);
  return directory.is_auth_destination(*resolved);
}

TEST(Relay, Row067ForeignRecipientIsNotAccepted) {
  EXPECT_FALSE(accepts(*directory(), "<u@ext.test>"));
  EXPECT_TRUE(accepts(*directory(), "<joe@local.test>"));
  EXPECT_TRUE(accepts(*directory(), "<u@relay.test>"));
  EXPECT_TRUE(accepts(*directory(), "<u@sub.relay.test>"));
  EXPECT_FALSE(accepts(*directory(), "<u@notrelay.test>"));
  EXPECT_FALSE(accepts(*directory(), "<u@sub.local.test>"));
  EXPECT_FALSE(accepts(*directory(), "<u@sub.box.test>"));
}

TEST(Relay, Row068PercentHack) {
  EXPECT_FALSE(accepts(*directory(), "<u%ext.test@local.test>"));
  EXPECT_FALSE(accepts(*directory(), "<u%ext.test%local.test@local.test>"));
  EXPECT_FALSE(accepts(*directory(), "<u%ext.test@relay.test>"));
  EXPECT_FALSE(accepts(*directory(), "<u%ext.test@box.test>"));
  EXPECT_TRUE(accepts(*directory(), "<joe%local.test@local.test>"));
}

TEST(Relay, Row069PercentHackAtOwnAddress) {
  EXPECT_FALSE(accepts(*directory(), "<u%ext.test@[192.0.2.1]>"));
  EXPECT_FALSE(accepts(*directory(), "<u%ext.test@[IPv6:2001:db8::1]>"));
  EXPECT_TRUE(accepts(*directory(), "<joe@[192.0.2.1]>"));
}

TEST(Relay, Row070BangPath) {
  EXPECT_FALSE(accepts(*directory(), "<ext.test!u@local.test>"));
  EXPECT_FALSE(accepts(*directory(), "<ext.test!u>"));
  const auto resolved = directory()->resolve(mail::Mailbox("ext.test!u", ""));
  ASSERT_TRUE(resolved);
  EXPECT_FALSE(directory()->is_auth_destination(*resolved));
}

TEST(Relay, Row071BangPathThroughUs) {
  EXPECT_FALSE(accepts(*directory(), "<local.test!ext.test!u@local.test>"));
  EXPECT_FALSE(accepts(*directory(), "<ext.test!u@relay.test>"));
}

TEST(Relay, Row072SourceRouteIsStripped) {
  EXPECT_FALSE(accepts(*directory(), "<@local.test:u@ext.test>"));
  EXPECT_TRUE(accepts(*directory(), "<@ext.test:joe@local.test>"));
}

TEST(Relay, Row073QuotedAddress) {
  EXPECT_FALSE(accepts(*directory(), "<\"u@ext.test\">"));
  const auto resolved = directory()->resolve(mail::Mailbox("u@ext.test", ""));
  ASSERT_TRUE(resolved);
  EXPECT_FALSE(directory()->is_auth_destination(*resolved));
}

TEST(Relay, Row074QuotedPercent) {
  EXPECT_FALSE(accepts(*directory(), "<\"u%ext.test\">"));
  EXPECT_FALSE(accepts(*directory(), "<\"u%ext.test\"@local.test>"));
}

TEST(Relay, Row075QuotedAddressAtUs) {
  EXPECT_FALSE(accepts(*directory(), "<\"u@ext.test\"@local.test>"));
  EXPECT_FALSE(accepts(*directory(), "<\"u@ext.test\"@relay.test>"));
  DirectoryOptions literal = site();
  literal.resolve_dequoted_address = false;
  // Then it is the name of a local user, and goes nowhere else.
  const auto route = directory(literal)->route(mail::Mailbox("u@ext.test", "local.test"));
  ASSERT_TRUE(route);
  EXPECT_EQ(route->transport, "local");
}

TEST(Relay, Row076TwoAtSigns) { EXPECT_FALSE(accepts(*directory(), "<u@ext.test@local.test>")); }

TEST(Relay, Row077TwoAtSignsTheOtherWay) {
  EXPECT_FALSE(accepts(*directory(), "<u@local.test@ext.test>"));
}

TEST(Relay, Row078SpellingsOfADomainDecideAlike) {
  DirectoryOptions options = site();
  options.domain_spellings = [](std::string_view domain) -> std::vector<std::string> {
    if (domain.find("cher.test") == std::string_view::npos &&
        domain.find("xn--") == std::string_view::npos)
      return {std::string(domain)};
    return {
        "b\xC3\xBC"
        "cher.test",
        "xn--bcher-kva.test"};
  };
  const auto with_idn = directory(options);
  EXPECT_TRUE(accepts(*with_idn, "<u@LOCAL.test>"));
  EXPECT_TRUE(accepts(*with_idn, "<u@local.test.>"));
  EXPECT_TRUE(accepts(*with_idn, "<u@xn--bcher-kva.test>"));
  EXPECT_TRUE(accepts(*with_idn,
                      "<u@b\xC3\xBC"
                      "cher.test>"));
  EXPECT_FALSE(accepts(*with_idn, "<u@EXT.test.>"));
}

TEST(Relay, Row079AddressLiterals) {
  for (const auto literal : {"<u@[127.0.0.1]>", "<u@[::ffff:192.0.2.1]>", "<u@[3221225985]>",
                             "<u@[0xc0.2.1]>", "<u@[192.0.2.01]>", "<u@192.0.2.1>", "<u@[]>"})
    EXPECT_FALSE(accepts(*directory(), literal)) << literal;
  // Past the parser, too: a table or a submitted message may hold them.
  for (const auto domain : {"[::ffff:192.0.2.1]", "[3221225985]", "[0xc0.2.1]", "192.0.2.1"}) {
    const auto resolved = directory()->resolve(mail::Mailbox("u", domain));
    ASSERT_TRUE(resolved);
    EXPECT_EQ(resolved->address_class, AddressClass::kInvalid) << domain;
  }
}

TEST(Relay, Row080NoSenderOpensTheRelay) {
  const auto here = directory();
  RestrictionOptions options;
  auto networks = maps::NetworkList::open("127.0.0.0/8 [::1]/128");
  ASSERT_TRUE(networks);
  options.mynetworks = std::make_shared<maps::NetworkList>(std::move(*networks));
  const auto list = RestrictionList::parse(
      "smtpd_relay_restrictions",
      "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination", options);
  ASSERT_TRUE(list);
  const mail::Mailbox recipient("u", "ext.test");
  const mail::ReversePath senders[] = {
      std::nullopt, mail::Mailbox("x", ""), mail::Mailbox("x", "localhost"),
      mail::Mailbox("x", "local.test"), mail::Mailbox("x", "[192.0.2.1]")};
  for (const mail::ReversePath& sender : senders) {
    RestrictionContext context;
    context.client_address = "203.0.113.9";
    context.client_name = "localhost";
    context.sender = &sender;
    context.recipient = &recipient;
    const auto outcome = list->evaluate(context, *here);
    EXPECT_EQ(outcome.verdict, Verdict::kReject);
    ASSERT_TRUE(outcome.rejection);
    EXPECT_EQ(outcome.rejection->reply.to_log(), "554 5.7.1 <u@ext.test>: Relay access denied");
    context.client_address = "127.0.0.1";
    EXPECT_EQ(list->evaluate(context, *here).verdict, Verdict::kPermit);
  }
}

TEST(Relay, Row081ControlsAndBrokenPathsNameNobody) {
  using namespace std::string_literals;
  for (const auto& path :
       {"<u\0@local.test>"s, "<u@local.test\0.ext.test>"s, "<u@local\0.test>"s, "<u @local.test>"s,
        "<u\t@local.test>"s, "<u@ local.test>"s, "<<>>"s, "<<u@local.test>>"s, "u@local.test"s,
        "<u@local.test"s, "u@local.test>"s, "<u\r@local.test>"s})
    EXPECT_FALSE(accepts(*directory(), path)) << path;
  // Three ordinary octets each, not a NUL.
  EXPECT_FALSE(accepts(*directory(), "<u%00@ext.test>"));
  EXPECT_FALSE(accepts(*directory(), "<u\\0@ext.test>"));
}

TEST(Relay, Row082PortsAreNoPartOfADomain) {
  for (const auto path : {"<u@ext.test:25>", "<u@local.test:2525>", "<u@[192.0.2.1]:25>",
                          "<u@[192.0.2.1:25]>", "<u@local.test:>"})
    EXPECT_FALSE(accepts(*directory(), path)) << path;
  const auto resolved = directory()->resolve(mail::Mailbox("u", "local.test:2525"));
  ASSERT_TRUE(resolved);
  EXPECT_FALSE(directory()->is_auth_destination(*resolved));
}

TEST(Relay, OperatorsWithNothingOnOneSideAreOurs) {
  for (const auto local_part : {"u%", "!u", "%", "!", "@", "%%%%", "u@@@", "!!!!"}) {
    const auto resolved = directory()->resolve(mail::Mailbox(local_part, "local.test"));
    ASSERT_TRUE(resolved) << local_part;
    EXPECT_EQ(resolved->address_class, AddressClass::kLocal) << local_part;
  }
}

TEST(Relay, AThousandOperatorsEndInARefusal) {
  std::string local_part = "u";
  for (int i = 0; i < 1000; ++i)
    local_part += "%local.test";
  const auto resolved = directory()->resolve(mail::Mailbox(local_part, "local.test"));
  ASSERT_TRUE(resolved);
  EXPECT_FALSE(directory()->is_auth_destination(*resolved));
}

TEST(Relay, UntrustedRoutingCanBeAllowed) {
  DirectoryOptions options = site();
  options.allow_untrusted_routing = true;
  EXPECT_TRUE(accepts(*directory(options), "<u%ext.test@relay.test>"));
  EXPECT_FALSE(accepts(*directory(options), "<u%ext.test@local.test>"));
}

}  // namespace
}  // namespace postern::routing
