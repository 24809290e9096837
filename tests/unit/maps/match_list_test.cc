#include "core/maps/match_list.h"

#include <gtest/gtest.h>

#include "core/maps/alias_source.h"
#include "core/maps/text.h"
#include "tests/support/temp_dir.h"

namespace postern::maps {
namespace {

using postern::testing::TempDir;

DomainList domains(std::string_view value, SubdomainRule rule = SubdomainRule::kExact) {
  auto list = DomainList::open(value, rule);
  EXPECT_TRUE(list) << list.error().describe();
  return list.value_or(DomainList());
}
NetworkList networks(std::string_view value) {
  auto list = NetworkList::open(value);
  EXPECT_TRUE(list) << list.error().describe();
  return list.value_or(NetworkList());
}

TEST(DomainListTest, SubdomainsByRule) {
  EXPECT_TRUE(*domains("example.com").matches("EXAMPLE.com"));
  EXPECT_FALSE(*domains("example.com").matches("a.example.com"));
  EXPECT_FALSE(*domains(".example.com").matches("a.example.com"));
  const auto parent = domains("example.com", SubdomainRule::kParent);
  EXPECT_TRUE(*parent.matches("a.b.example.com"));
  EXPECT_FALSE(*parent.matches("notexample.com"));
  EXPECT_FALSE(*parent.matches("com"));
  const auto dotted = domains(".example.com", SubdomainRule::kDotParent);
  EXPECT_TRUE(*dotted.matches("a.example.com"));
  EXPECT_FALSE(*dotted.matches("example.com"));
}

TEST(DomainListTest, TheFirstItemThatMatchesDecides) {
  const auto list = domains("!bad.test, inline:{bad.test=x, good.test=x}, other.test");
  EXPECT_FALSE(*list.matches("bad.test"));
  EXPECT_TRUE(*list.matches("good.test"));
  EXPECT_TRUE(*list.matches("other.test"));
  EXPECT_FALSE(*list.matches("none.test"));
}

TEST(DomainListTest, FilesAndTheirNesting) {
  const TempDir dir;
  dir.write("b", "two.test\n# comment\n");
  dir.write("a", "one.test\n" + (dir / "b") + "\n");
  const auto list = domains(dir / "a");
  EXPECT_TRUE(*list.matches("one.test"));
  EXPECT_TRUE(*list.matches("two.test"));
  dir.write("loop", (dir / "loop") + "\n");
  EXPECT_EQ(DomainList::open(dir / "loop", SubdomainRule::kExact).error().kind, ErrorKind::kLimit);
  EXPECT_FALSE(DomainList::open("/nonexistent/file", SubdomainRule::kExact));
}

TEST(DomainListTest, ATableThatIsDownIsAnError) {
  EXPECT_FALSE(domains("fail:x").matches("a.test"));
}

TEST(NetworkListTest, NetworksOfBothFamilies) {
  const auto list = networks("!192.0.2.7, 192.0.2.0/24 [2001:db8::]/32, [::1]/128 127.0.0.0/8");
  EXPECT_TRUE(*list.matches("192.0.2.1"));
  EXPECT_FALSE(*list.matches("192.0.2.7"));
  EXPECT_TRUE(*list.matches("2001:db8:1::1"));
  EXPECT_FALSE(*list.matches("2001:db9::1"));
  EXPECT_TRUE(*list.matches("::1"));
  EXPECT_TRUE(*list.matches("::ffff:127.0.0.1")) << "IPv4 on an IPv6 socket";
  EXPECT_FALSE(*list.matches("198.51.100.1"));
}

TEST(NetworkListTest, NamesMatchVerifiedOnesOnly) {
  const auto list = networks("trusted.test, .sub.test");
  EXPECT_TRUE(*list.matches("192.0.2.1", "trusted.test"));
  EXPECT_TRUE(*list.matches("192.0.2.1", "a.sub.test"));
  EXPECT_FALSE(*list.matches("192.0.2.1", "unknown"));
  EXPECT_FALSE(*list.matches("192.0.2.1", ""));
  EXPECT_FALSE(*list.matches("192.0.2.1", "nottrusted.test"));
}

TEST(NetworkListTest, BitsBehindThePrefixAreAMistakeWithARemedy) {
  const auto list = NetworkList::open("192.0.2.1/24");
  ASSERT_FALSE(list);
  EXPECT_NE(list.error().context.find("192.0.2.0/24"), std::string::npos) << list.error().context;
  for (const auto bad : {"192.0.2.0/33", "2001:db8::/129", "192.0.2/24", "0300.0.2.0/24", "[::1"})
    EXPECT_FALSE(NetworkList::open(bad)) << bad;
}

TEST(NetworkListTest, StylesOfMynetworks) {
  const std::vector<InterfaceAddress> interfaces = {{*IpAddress::parse("127.0.0.1"), 8},
                                                    {*IpAddress::parse("192.0.2.9"), 28},
                                                    {*IpAddress::parse("2001:db8::9"), 64}};
  const auto host = derive_mynetworks("host", interfaces);
  ASSERT_TRUE(host);
  EXPECT_TRUE(*networks(*host).matches("192.0.2.9"));
  EXPECT_FALSE(*networks(*host).matches("192.0.2.10"));
  EXPECT_TRUE(*networks(*host).matches("127.0.0.5"));
  const auto subnet = derive_mynetworks("subnet", interfaces);
  EXPECT_TRUE(*networks(*subnet).matches("192.0.2.15"));
  EXPECT_FALSE(*networks(*subnet).matches("192.0.2.16"));
  EXPECT_TRUE(*networks(*subnet).matches("2001:db8::1"));
  const auto by_class = derive_mynetworks("class", interfaces);
  EXPECT_TRUE(*networks(*by_class).matches("192.0.2.200"));
  EXPECT_FALSE(derive_mynetworks("everybody", interfaces));
}

TEST(IpAddressTest, OnlyWhatInetPtonTakes) {
  for (const auto good : {"0.0.0.0", "255.255.255.255", "::", "2001:db8::1", "::ffff:192.0.2.1"})
    EXPECT_TRUE(IpAddress::parse(good)) << good;
  for (const auto bad : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.04", "0x7f.1", "2130706433",
                         " 1.2.3.4", "1.2.3.4 ", "[::1]", ":::", "fe80::1%eth0", "1::2::3"})
    EXPECT_FALSE(IpAddress::parse(bad)) << bad;
}

TEST(MapText, SplitAndFold) {
  EXPECT_EQ(*split_list("a, b\tc  {d, e} "), (std::vector<std::string>{"a", "b", "c", "{d, e}"}));
  EXPECT_FALSE(split_list("{a"));
  EXPECT_FALSE(split_list("{a}b"));
  EXPECT_EQ(*strip_braces("{ a b }"), "a b");
  EXPECT_FALSE(strip_braces("{a} b"));
  EXPECT_EQ(fold_key("AbC\xC3\x9C"), "abc\xC3\xBC");
  EXPECT_EQ(fold_key("A\xFF"), "a\xFF") << "no UTF-8: ASCII only";
  EXPECT_TRUE(is_valid_utf8("\xE2\x82\xAC"));
  for (const auto bad : {"\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82"})
    EXPECT_FALSE(is_valid_utf8(bad));
}

TEST(MapText, Extensions) {
  EXPECT_EQ(split_local_part("joe+x", "+").base, "joe");
  EXPECT_EQ(split_local_part("joe+x", "+").extension, "+x");
  EXPECT_EQ(split_local_part("+x", "+").base, "+x");
  EXPECT_EQ(split_local_part("owner-list", "-").base, "owner-list");
  EXPECT_EQ(split_local_part("list-request", "-").base, "list-request");
  EXPECT_EQ(split_local_part("mailer-daemon", "-").base, "mailer-daemon");
  EXPECT_EQ(split_local_part("joe+x", "").base, "joe+x");
}

TEST(AliasSource, TargetsOfAValue) {
  const auto targets = parse_alias_value("joe, \"|prog a, b\", /file, :include:/list, <ann@x> (c)");
  ASSERT_TRUE(targets) << targets.error().describe();
  EXPECT_EQ(*targets, (std::vector<AliasTarget>{{AliasTargetKind::kAddress, "joe"},
                                                {AliasTargetKind::kCommand, "prog a, b"},
                                                {AliasTargetKind::kFile, "/file"},
                                                {AliasTargetKind::kInclude, "/list"},
                                                {AliasTargetKind::kAddress, "ann@x"}}));
  const auto named = parse_alias_value("Bob Other <bob@x>, \"Doe, J\" <joe@x> , a b");
  ASSERT_TRUE(named);
  EXPECT_EQ(*named, (std::vector<AliasTarget>{{AliasTargetKind::kAddress, "bob@x"},
                                              {AliasTargetKind::kAddress, "joe@x"},
                                              {AliasTargetKind::kAddress, "a"},
                                              {AliasTargetKind::kAddress, "b"}}));
  EXPECT_FALSE(parse_alias_value("joe <open"));
  EXPECT_FALSE(parse_alias_value("\"open"));
  EXPECT_EQ(parse_alias_value("a,b,c", 2).error().kind, ErrorKind::kLimit);
}

TEST(AliasSource, OneFileServesAliasesAndRecipients) {
  const TempDir dir;
  const auto table = open_table(
      "hash:" + dir.write("aliases", "root: joe, ann\n\"a b\": joe\nPost-Master: root\n"));
  ASSERT_TRUE(table);
  EXPECT_EQ((*table)->lookup("root")->value_or("none"), "joe, ann");
  EXPECT_EQ((*table)->lookup("a b")->value_or("none"), "joe");
  EXPECT_EQ((*table)->lookup("POST-master")->value_or("none"), "root");
}

}  // namespace
}  // namespace postern::maps
