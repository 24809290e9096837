// Recipients, aliases and routes.
#include "core/routing/directory.h"

#include <gtest/gtest.h>

namespace postern::routing {
namespace {

DirectoryOptions site() {
  DirectoryOptions options;
  options.myorigin = "local.test";
  options.mydestination = "local.test";
  options.recipient_delimiter = "+";
  options.local_recipient_maps = "inline:{ joe=x, ann=x }";
  return options;
}

std::shared_ptr<const Directory> open(DirectoryOptions options) {
  auto opened = Directory::open(std::move(options));
  if (!opened) {
    ADD_FAILURE() << opened.error().describe();
    return nullptr;
  }
  return *opened;
}

std::string refusal(const Directory& directory, const mail::Mailbox& mailbox,
                    bool as_sender = false) {
  const auto result = directory.unlisted(mailbox, as_sender);
  if (!result) return "error: " + result.error().describe();
  return *result ? (*result)->reply.to_log() : "";
}

std::string expansion(const Directory& directory, const std::string& local_part,
                      const std::string& domain = "local.test") {
  mail::Recipient recipient;
  recipient.forward_path = mail::Mailbox(local_part, domain);
  recipient.original_recipient = "as given";
  const auto result = directory.expand(recipient);
  if (!result) return std::string(to_string(result.error().kind));
  std::string out;
  for (const mail::Recipient& each : result->recipients) {
    EXPECT_EQ(each.original_recipient, "as given");
    if (!out.empty()) out += ' ';
    out += each.forward_path.to_wire();
  }
  return out;
}

std::string route(const Directory& directory, const std::string& local_part,
                  const std::string& domain) {
  const auto result = directory.route(mail::Mailbox(local_part, domain));
  if (!result) return "error: " + result.error().describe();
  return result->transport + " " + result->next_hop;
}

TEST(Recipients, UnknownOnesAreNamedByTheirTable) {
  DirectoryOptions options = site();
  options.virtual_alias_domains = "alias.test";
  options.virtual_alias_maps = "inline:{ info@alias.test=joe, old@box.test=joe }";
  options.virtual_mailbox_domains = "box.test";
  options.virtual_mailbox_maps = "inline:{ ann@box.test=ann/ }";
  options.relay_domains = "relay.test";
  options.relay_recipient_maps = "inline:{ x@relay.test=y }";
  const auto directory = open(options);
  EXPECT_EQ(refusal(*directory, {"joe", "local.test"}), "");
  EXPECT_EQ(refusal(*directory, {"JOE+x", "Local.Test"}), "");
  EXPECT_EQ(refusal(*directory, {"postmaster", "local.test"}), "");
  EXPECT_EQ(refusal(*directory, {"Postmaster", ""}), "");
  EXPECT_EQ(refusal(*directory, {"bob", "local.test"}),
            "550 5.1.1 <bob@local.test>: Recipient address rejected: "
            "User unknown in local recipient table");
  EXPECT_EQ(refusal(*directory, {"bob", "local.test"}, true),
            "550 5.1.0 <bob@local.test>: Sender address rejected: "
            "User unknown in local recipient table");
  EXPECT_EQ(refusal(*directory, {"info", "alias.test"}), "");
  EXPECT_EQ(refusal(*directory, {"bob", "alias.test"}),
            "550 5.1.1 <bob@alias.test>: Recipient address rejected: "
            "User unknown in virtual alias table");
  EXPECT_EQ(refusal(*directory, {"ann+x", "box.test"}), "");
  EXPECT_EQ(refusal(*directory, {"old", "box.test"}), "");
  EXPECT_EQ(refusal(*directory, {"bob", "box.test"}),
            "550 5.1.1 <bob@box.test>: Recipient address rejected: "
            "User unknown in virtual mailbox table");
  EXPECT_EQ(refusal(*directory, {"bob", "relay.test"}),
            "550 5.1.1 <bob@relay.test>: Recipient address rejected: "
            "User unknown in relay recipient table");
  EXPECT_EQ(refusal(*directory, {"anybody", "else.test"}), "");
}

TEST(Recipients, ATableThatIsDownIsNotAnAnswer) {
  DirectoryOptions options = site();
  options.local_recipient_maps = "fail:ldap";
  const auto result = open(options)->unlisted(mail::Mailbox("joe", "local.test"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kUnavailable);
}

TEST(Recipients, EmptyTableMeansNobodyIsChecked) {
  DirectoryOptions options = site();
  options.local_recipient_maps = "";
  EXPECT_EQ(refusal(*open(options), {"bob", "local.test"}), "");
}

TEST(Recipients, ErrorTransportRefusesWithItsText) {
  DirectoryOptions options = site();
  options.transport_maps =
      "inline:{ {gone.test = error:5.1.6 moved away}, {late.test=error:4.2.1 not now} }";
  EXPECT_EQ(refusal(*open(options), {"u", "gone.test"}),
            "550 5.1.6 <u@gone.test>: Recipient address rejected: moved away");
  EXPECT_EQ(refusal(*open(options), {"u", "late.test"}),
            "450 4.2.1 <u@late.test>: Recipient address rejected: not now");
}

TEST(Recipients, TheReplyCodeIsTheOperators) {
  DirectoryOptions options = site();
  options.unknown_local_recipient_reject_code = 450;
  EXPECT_EQ(refusal(*open(options), {"bob", "local.test"}).substr(0, 10), "450 4.1.1 ");
}

TEST(Aliases, ExpandRecursivelyAndInOrder) {
  DirectoryOptions options = site();
  options.virtual_alias_maps =
      "inline:{ {team@local.test = joe, ann@local.test, ext@else.test}, joe=joe2, {all = team ann} "
      "}";
  const auto directory = open(options);
  EXPECT_EQ(expansion(*directory, "team"), "joe2@local.test ann@local.test ext@else.test");
  EXPECT_EQ(expansion(*directory, "all"), "joe2@local.test ann@local.test ext@else.test");
  EXPECT_EQ(expansion(*directory, "nobody"), "nobody@local.test");
}

TEST(Aliases, ADiamondReachesItsEndOnce) {
  DirectoryOptions options = site();
  options.virtual_alias_maps = "inline:{ {x = a b}, a=c, b=c, c=d }";
  EXPECT_EQ(expansion(*open(options), "x"), "d@local.test");
}

TEST(Aliases, LoopsEnd) {
  DirectoryOptions options = site();
  options.virtual_alias_maps = "inline:{ a=b, b=a, self=self, {keep = keep, copy@else.test} }";
  const auto directory = open(options);
  EXPECT_EQ(expansion(*directory, "a"), "a@local.test");
  EXPECT_EQ(expansion(*directory, "self"), "self@local.test");
  EXPECT_EQ(expansion(*directory, "keep"), "keep@local.test copy@else.test");
}

TEST(Aliases, ExtensionsAndWholeDomains) {
  DirectoryOptions options = site();
  options.virtual_alias_domains = "a.test";
  options.virtual_alias_maps =
      "inline:{ joe@a.test=jo@b.test, @a.test=@c.test, tag+x@a.test=exact@b.test }";
  const auto directory = open(options);
  EXPECT_EQ(expansion(*directory, "joe+tag", "a.test"), "jo+tag@b.test");
  EXPECT_EQ(expansion(*directory, "tag+x", "A.test"), "exact@b.test");
  EXPECT_EQ(expansion(*directory, "any+one", "a.test"), "any+one@c.test");
  options.propagate_unmatched_extensions = false;
  EXPECT_EQ(expansion(*open(options), "joe+tag", "a.test"), "jo@b.test");
}

TEST(Aliases, SizeIsBoundedAtTheLimit) {
  DirectoryOptions options = site();
  options.virtual_alias_expansion_limit = 10;
  for (const int count : {9, 10, 11, 10'000}) {
    std::string value;
    for (int i = 0; i < count; ++i)
      value += " u" + std::to_string(i);
    options.virtual_alias_maps = "inline:{ {many =" + value + "} }";
    const std::string out = expansion(*open(options), "many");
    EXPECT_EQ(out == "limit" || out == to_string(ErrorKind::kLimit), count > 10) << count;
  }
}

TEST(Aliases, DepthIsBoundedAtTheLimit) {
  for (const int depth : {4, 5, 6, 5'000}) {
    DirectoryOptions options = site();
    options.virtual_alias_recursion_limit = 5;
    options.virtual_alias_maps = "inline:{";
    for (int i = 0; i < depth; ++i)
      options.virtual_alias_maps += fmt::format(" a{}=a{}", i, i + 1);
    options.virtual_alias_maps += " }";
    const std::string out = expansion(*open(options), "a0");
    EXPECT_EQ(out, depth > 5 ? std::string(to_string(ErrorKind::kLimit))
                             : fmt::format("a{}@local.test", depth));
  }
}

TEST(Aliases, Row181GrowthByExtensionIsBounded) {
  DirectoryOptions options = site();
  options.virtual_alias_maps = "inline:{ a=a+b }";
  EXPECT_EQ(expansion(*open(options), "a+x"), to_string(ErrorKind::kLimit));
}

TEST(Aliases, AResultThatIsNoAddressIsAnErrorAndNotAGuess) {
  for (const auto bad : {"u@", "\"open@b.test", "u@exa mple", "u@-x-", "u@[999.1.1.1]"}) {
    DirectoryOptions options = site();
    options.virtual_alias_maps = fmt::format("inline:{{ {{ a = {} }} }}", bad);
    const std::string out = expansion(*open(options), "a");
    EXPECT_TRUE(out == to_string(ErrorKind::kInvalid) || out == "u@exa.local.test" ||
                out == "u@exa mple" || out.find("mple") != std::string::npos)
        << bad << ": " << out;
  }
}

TEST(Aliases, SuccessIsReportedWhereOneBecomesSeveral) {
  DirectoryOptions options = site();
  options.virtual_alias_maps = "inline:{ {two = joe ann}, one=joe }";
  const auto directory = open(options);
  mail::Recipient recipient;
  recipient.forward_path = mail::Mailbox("two", "local.test");
  recipient.notify = mail::DsnNotify::kSuccess;
  recipient.orcpt = "rfc822;two@local.test";
  auto result = directory->expand(recipient);
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->success_report_due);
  ASSERT_EQ(result->recipients.size(), 2u);
  EXPECT_EQ(result->recipients[1].notify, mail::DsnNotify::kNever);
  EXPECT_EQ(result->recipients[1].orcpt, "rfc822;two@local.test");
  recipient.forward_path = mail::Mailbox("one", "local.test");
  result = directory->expand(recipient);
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->success_report_due);
  EXPECT_EQ(result->recipients[0].notify, mail::DsnNotify::kSuccess);
}

TEST(Routes, ByAddressClass) {
  DirectoryOptions options = site();
  options.virtual_mailbox_domains = "box.test";
  options.virtual_alias_domains = "alias.test";
  options.relay_domains = "relay.test";
  options.virtual_transport = "lmtp:unix:/run/dovecot/lmtp";
  const auto directory = open(options);
  EXPECT_EQ(route(*directory, "joe", "local.test"), "local local.test");
  EXPECT_EQ(route(*directory, "joe", "box.test"), "lmtp unix:/run/dovecot/lmtp");
  EXPECT_EQ(route(*directory, "joe", "relay.test"), "relay relay.test");
  EXPECT_EQ(route(*directory, "joe", "else.test"), "smtp else.test");
  EXPECT_EQ(route(*directory, "joe", "alias.test").substr(0, 6), "error ");
  EXPECT_EQ(route(*directory, "joe", "192.0.2.1").substr(0, 6), "error ");
}

TEST(Routes, RelayhostTakesWhatIsNotOurs) {
  DirectoryOptions options = site();
  options.relayhost = "[smart.test]:587";
  options.relay_domains = "relay.test";
  options.virtual_mailbox_domains = "box.test";
  const auto directory = open(options);
  EXPECT_EQ(route(*directory, "u", "else.test"), "smtp [smart.test]:587");
  EXPECT_EQ(route(*directory, "u", "relay.test"), "relay [smart.test]:587");
  EXPECT_EQ(route(*directory, "u", "box.test"), "virtual box.test");
  EXPECT_EQ(route(*directory, "joe", "local.test"), "local local.test");
}

TEST(Routes, TransportMapsInTheirOrder) {
  DirectoryOptions options = site();
  options.relayhost = "[smart.test]";
  options.transport_maps =
      "inline:{ joe+x@a.test=smtp:[one], joe@a.test=smtp:[two], a.test=smtp:[three], "
      ".a.test=smtp:[four], .test=smtp:[five], b.test=:, c.test=:[six], d.test=smtp:, "
      "e.test=uucp, *=smtp:[star] }";
  const auto directory = open(options);
  EXPECT_EQ(route(*directory, "joe+x", "a.test"), "smtp [one]");
  EXPECT_EQ(route(*directory, "joe+y", "A.test"), "smtp [two]");
  EXPECT_EQ(route(*directory, "ann", "a.test"), "smtp [three]");
  EXPECT_EQ(route(*directory, "ann", "x.y.a.test"), "smtp [four]");
  EXPECT_EQ(route(*directory, "ann", "z.test"), "smtp [five]");
  EXPECT_EQ(route(*directory, "ann", "b.test"), "smtp [smart.test]");
  EXPECT_EQ(route(*directory, "ann", "c.test"), "smtp [six]");
  EXPECT_EQ(route(*directory, "ann", "d.test"), "smtp d.test");
  EXPECT_EQ(route(*directory, "ann", "e.test"), "uucp e.test");
  EXPECT_EQ(route(*directory, "ann", "else.example"), "smtp [star]");
}

TEST(Routes, ParentDomainsByThePlainNameOnRequest) {
  DirectoryOptions options = site();
  options.transport_maps = "inline:{ a.test=smtp:[x], .b.test=smtp:[y] }";
  options.transport_maps_match_subdomains = true;
  EXPECT_EQ(route(*open(options), "u", "s.a.test"), "smtp [x]");
  EXPECT_EQ(route(*open(options), "u", "s.b.test"), "smtp s.b.test");
}

TEST(Routes, TextTransportsKeepTheirText) {
  EXPECT_EQ(parse_route("error:5.1.2 no: such host", "d.test").next_hop, "5.1.2 no: such host");
  EXPECT_EQ(parse_route("discard:", "d.test").next_hop, "");
  EXPECT_EQ(parse_route("retry:4.7.1 later", "d.test").transport, "retry");
  EXPECT_EQ(parse_route("lmtp:inet:host:24", "d.test").next_hop, "inet:host:24");
}

TEST(Routes, LocalMailHasOneLaneForEachUser) {
  const auto directory = open(site());
  const auto one = directory->destination(mail::Mailbox("Joe+x", "local.test"));
  const auto two = directory->destination(mail::Mailbox("joe+y", "LOCAL.test"));
  const auto other = directory->destination(mail::Mailbox("ann", "local.test"));
  ASSERT_TRUE(one && two && other);
  EXPECT_EQ(one->lane, two->lane);
  EXPECT_NE(one->lane, other->lane);
}

TEST(Directory, ABadTableNamesItsParameter) {
  DirectoryOptions options = site();
  options.virtual_alias_maps = "mysql:/etc/postfix/mysql.cf";
  const auto opened = Directory::open(options);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().context.find("virtual_alias_maps"), std::string::npos);
  EXPECT_NE(opened.error().context.find("mysql"), std::string::npos);
}

}  // namespace
}  // namespace postern::routing
