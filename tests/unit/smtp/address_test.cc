#include "core/smtp/address.h"

#include <gtest/gtest.h>

#include <string>

#include "core/smtp/domain.h"
#include "core/smtp/utf8.h"
#include "core/smtp/xtext.h"

namespace postern::smtp {
namespace {

const AddressOptions kForward{};
const AddressOptions kUtf8{.allow_utf8 = true};

std::string wire(std::string_view path, const AddressOptions& options = kForward) {
  const auto parsed = parse_path(path, options);
  return parsed && parsed->path ? parsed->path->to_wire() : "!";
}

AddressFault fault_of(std::string_view path, const AddressOptions& options = kForward) {
  const auto parsed = parse_path(path, options);
  return parsed ? AddressFault{} : parsed.error();
}

TEST(Address, AcceptsWhatRfc5321Allows) {
  for (const char* text :
       {"a@b", "a.b+c@example.com", "!#$%&'*+-/=?^_`{|}~@x.org", "\"a b\"@x.org",
        "\"a\\\"b\"@x.org", "\"\"@x.org", "\"a@b\"@x.org", "a@[192.0.2.1]", "a@[IPv6:2001:db8::1]",
        "a@xn--hxajbheg2az3al.xn--jxalpdlp", "a@iana.123", "a@my_host.example"})
    EXPECT_EQ(wire("<" + std::string(text) + ">"), text);
  EXPECT_EQ(wire("<Postmaster>"), "Postmaster");
  EXPECT_EQ(wire("<\"simple\"@x.org>"), "simple@x.org");
}

TEST(Address, ConsumesThePathAndNothingBehindIt) {
  const auto parsed = parse_path("<\"a>b\"@x.org> SIZE=1", kForward);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->consumed, 13u);
  EXPECT_EQ(parsed->path->local_part(), "a>b");
}

TEST(Address, NullPathOnlyWhereAllowed) {
  EXPECT_FALSE(parse_path("<>", kForward));
  const auto null = parse_path("<>", {.allow_null = true});
  ASSERT_TRUE(null);
  EXPECT_FALSE(null->path);
  EXPECT_EQ(null->consumed, 2u);
}

TEST(Address, Row072SourceRouteIsStripped) {
  EXPECT_EQ(wire("<@local,@other.example:u@ext.example>"), "u@ext.example");
  for (const char* text : {"<@local:>", "<@:u@x>", "<@local,u@x>", "<@local;:u@x>", "<@a:@b:u@x>"})
    EXPECT_EQ(wire(text), "!") << text;
}

TEST(Address, Row078SpellingsOfOneDomainAreOne) {
  EXPECT_EQ(wire("<u@local.>"), "u@local");
  EXPECT_EQ(wire("<u@local..>"), "!");
  EXPECT_EQ(fault_of("<u@local.>", {.allow_trailing_dot = false}), AddressFault::kDomain);
  EXPECT_EQ(normalize_domain("LOCAL.").value(), "local");
  EXPECT_EQ(normalize_domain("B\xC3\xBC"
                             "cher.Example")
                .value(),
            "xn--bcher-kva.example");
  EXPECT_EQ(normalize_domain("b\xC3\x9C"
                             "cher.example")
                .value(),
            "xn--bcher-kva.example");
  EXPECT_EQ(normalize_domain("xn--bcher-kva.EXAMPLE").value(), "xn--bcher-kva.example");
  EXPECT_EQ(normalize_domain("[ipv6:2001:DB8:0:0::1]").value(), "[IPv6:2001:db8::1]");
  for (const char* text : {"", ".", "a..b", "-a.b", "a-.b", "a b", "[1.2.3]", "1.2.3.4", "a\xFF.b"})
    EXPECT_FALSE(normalize_domain(text)) << text;
}

TEST(Address, Row079OddAddressLiteralsAreRefused) {
  for (const char* text :
       {"[::ffff:127.0.0.1]", "[2130706433]", "[0x7f.1]", "[127.1]", "[127.0.0.01]", "[256.1.1.1]",
        "[1.2.3.4.5]", "[1.2.3.4", "[]", "[IPv6:]", "[IPv6:127.0.0.1]", "[IPv6:::1%lo]",
        "[IPv6:1::2::3]", "[IPv6:1:2:3:4:5:6:7]", "[IPv6:12345::]", "[tag:text]", "[ 1.2.3.4]",
        "1.2.3.4"})
    EXPECT_EQ(fault_of("<u@" + std::string(text) + ">"), AddressFault::kDomain) << text;
  EXPECT_EQ(address_of_literal("[IPv6:::ffff:127.0.0.1]"), "::ffff:127.0.0.1");
  EXPECT_EQ(literal_of_address("2001:db8::1"), "[IPv6:2001:db8::1]");
}

TEST(Address, Row081And082MalformedPathsAreRefused) {
  using namespace std::string_literals;
  for (const std::string& text :
       {"<a\0b@c>"s,   "<a b@c>"s,        "<a\tb@c>"s,     "<<>>"s,           "<<a@b>>"s,
        "a@b"s,        "<a@b"s,           "a@b>"s,         "<a@>"s,           "<@b>"s,
        "<a@@b>"s,     "<a@b@c>"s,        "<.a@b>"s,       "<a.@b>"s,         "<a..b@c>"s,
        "<u@ext:25>"s, "<u@local:2525>"s, "<\"a\nb\"@c>"s, "<\"a\\\rb\"@c>"s, "<\"a@c>"s,
        "<a\\@b@c>"s,  "<a(x)@b>"s,       "<a@b(x)>"s,     "<a,b@c>"s,        "<;sleep 66;>"s,
        "<a@b/c>"s,    "<a@b c>"s,        "< a@b>"s,       "<a@b >"s})
    EXPECT_EQ(wire(text), "!") << text;
}

TEST(Address, Row088And089ShellWordsStayLiteralOrAreRefused) {
  EXPECT_EQ(wire("<${run{/bin/touch /tmp/x}}@local>"), "!");
  const auto parsed = parse_path("<\"root+:|touch /tmp/x\"@local>", kForward);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->path->local_part(), "root+:|touch /tmp/x");
}

TEST(Address, Row098LengthLimits) {
  const auto local = [](std::size_t n) { return "<" + std::string(n, 'a') + "@b.example>"; };
  EXPECT_NE(wire(local(63)), "!");
  EXPECT_NE(wire(local(64)), "!");
  EXPECT_EQ(fault_of(local(65)), AddressFault::kLocalPartTooLong);
  EXPECT_EQ(fault_of(local(64'000)), AddressFault::kLocalPartTooLong);
  // As written, with the quotes.
  EXPECT_NE(wire("<\"" + std::string(62, ' ') + "\"@b>"), "!");
  EXPECT_EQ(fault_of("<\"" + std::string(63, ' ') + "\"@b>"), AddressFault::kLocalPartTooLong);

  const auto domain = [](std::size_t n) {
    std::string out;
    while (out.size() < n)
      out += std::string(std::min<std::size_t>(63, n - out.size()), 'd') + '.';
    out.resize(n);
    if (out.back() == '.') out.back() = 'd', out[n - 2] = '.';
    return out;
  };
  EXPECT_TRUE(is_valid_domain(domain(254)));
  EXPECT_TRUE(is_valid_domain(domain(255)));
  EXPECT_FALSE(is_valid_domain(domain(256)));
  EXPECT_EQ(fault_of("<a@" + domain(256) + ">"), AddressFault::kDomainTooLong);
  EXPECT_EQ(fault_of("<a@" + domain(255'000) + ">"), AddressFault::kDomainTooLong);
  EXPECT_TRUE(is_valid_domain(std::string(63, 'x')));
  EXPECT_FALSE(is_valid_domain(std::string(64, 'x')));

  // <, local part, @, domain, >
  const auto path = [&](std::size_t n) { return "<a@" + domain(n - 4) + ">"; };
  EXPECT_NE(wire(path(255)), "!");
  EXPECT_NE(wire(path(256)), "!");
  EXPECT_EQ(fault_of(path(257)), AddressFault::kPathTooLong);
}

TEST(Address, Utf8OnlyWhereItIsInUseAndOnlyIfValid) {
  EXPECT_EQ(fault_of("<\xC3\xBC@d>"), AddressFault::kUtf8NotAllowed);
  EXPECT_EQ(fault_of("<u@\xC3\xBC.example>"), AddressFault::kUtf8NotAllowed);
  EXPECT_EQ(wire("<\xC3\xBC@\xC3\xBC.example>", kUtf8), "\xC3\xBC@\xC3\xBC.example");
  EXPECT_EQ(fault_of("<\xC3@d>", kUtf8), AddressFault::kBadUtf8);
  EXPECT_EQ(fault_of("<u@\xFF.example>", kUtf8), AddressFault::kBadUtf8);
}

TEST(Address, Row128EncodedWordsAreNotDecoded) {
  const auto parsed = parse_path("<=?utf-8?q?a=40b?=@d>", kForward);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->path->local_part(), "=?utf-8?q?a=40b?=");
}

TEST(Utf8, RefusesOverlongSurrogatesAndBeyond) {
  for (const char* text : {"a", "\xC3\xBC", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_valid_utf8(text));
  for (const char* text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xC3\x28", "\xFF"})
    EXPECT_FALSE(is_valid_utf8(text));
}

TEST(Utf8, EveryCodePointRoundTrips) {
  for (char32_t c = 0; c <= 0x110000; ++c) {
    std::string out;
    const bool is_character = c < 0xD800 || (c > 0xDFFF && c <= 0x10FFFF);
    ASSERT_EQ(append_utf8(out, c), is_character);
    ASSERT_TRUE(is_valid_utf8(out));
  }
}

TEST(Xtext, Row043ControlsAreRefused) {
  EXPECT_EQ(decode_xtext("a+2Bb+3D"), "a+b=");
  for (const char* text :
       {"+00", "+0A", "+0D", "+7F", "+2", "+", "+2b", "+GG", "a=b", "a b", "+FF"})
    EXPECT_FALSE(decode_xtext(text)) << text;
  EXPECT_EQ(encode_xtext("a+b= \n\xC3\xBC"), "a+2Bb+3D+20+0A+C3+BC");
  EXPECT_EQ(decode_unitext("a\\x{20AC}b"),
            "a\xE2\x82\xAC"
            "b");
  for (const char* text : {"\\x{0A}", "\\x{D800}", "\\x{110000}", "\\x{}", "\\x{20AC", "\\x{zz}"})
    EXPECT_FALSE(decode_unitext(text)) << text;
}

}  // namespace
}  // namespace postern::smtp
