#include "core/mime/address_list.h"

#include <gtest/gtest.h>

#include <fmt/format.h>
#include <chrono>
#include <random>

#include "core/mime/header_recipients.h"

namespace postern::mime {
namespace {

std::string parsed(std::string_view value) {
  const auto list = parse_address_list(value);
  std::string out;
  for (const auto& each : list.mailboxes)
    out += each.to_wire() + ";";
  if (list.malformed > 0) out += fmt::format(" bad {}", list.malformed);
  return out;
}

TEST(AddressListTest, FormsOfRfc5322) {
  EXPECT_EQ(parsed("joe@x.test, Ann <ann@x.test>"), "joe@x.test;ann@x.test;");
  EXPECT_EQ(parsed("\"Doe, Joe\" <joe@x.test>, (a, comment) bob@x.test"), "joe@x.test;bob@x.test;");
  EXPECT_EQ(parsed("team: joe@x.test, ann@x.test;, eve@x.test"),
            "joe@x.test;ann@x.test;eve@x.test;");
  EXPECT_EQ(parsed("undisclosed-recipients:;"), "");
  EXPECT_EQ(parsed("\"a b\"@x.test"), "\"a b\"@x.test;");
  EXPECT_EQ(parsed("<@route.test:joe@x.test>"), "joe@x.test;");
  EXPECT_EQ(parsed("joe"), "joe;");
  EXPECT_EQ(parsed("joe@\r\n x.test"), "joe@x.test;");
  EXPECT_EQ(parsed(" , ,, joe@x.test,"), "joe@x.test;");
}

TEST(AddressListTest, EncodedWordsAreNotAddresses) {
  EXPECT_EQ(parsed("=?utf-8?q?evil=40x=2Etest=2C?= <joe@x.test>"), "joe@x.test;");
}

TEST(AddressListTest, Row103LimitOfAddresses) {
  const auto list = [](std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i)
      out += "u@x.test,";
    return out;
  };
  for (const std::size_t count : {9u, 10u, 11u, 10'000u}) {
    const auto out = parse_address_list(list(count), {.max_addresses = 10});
    EXPECT_EQ(out.mailboxes.size(), std::min<std::size_t>(count, 10));
    EXPECT_EQ(out.truncated, count > 10) << count;
  }
}

TEST(AddressListTest, Row103HostileNestingIsLinear) {
  const auto start = std::chrono::steady_clock::now();
  for (const char c : {'(', '"', '<', ':', ',', '\\', '@'})
    (void)parse_address_list(std::string(1'000'000, c));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(AddressListTest, RandomTextNeverMakesALineEnd) {
  std::mt19937 random(23);
  const std::string_view alphabet = "ab@.<>()\"\\,;: \r\n\t=?[]";
  for (int round = 0; round < 30'000; ++round) {
    std::string value;
    for (unsigned size = random() % 40; size > 0; --size)
      value += alphabet[random() % alphabet.size()];
    for (const auto& each : parse_address_list(value).mailboxes)
      ASSERT_EQ(each.to_wire().find_first_of("\r\n"), std::string::npos) << value;
  }
}

TEST(HeaderRecipientsTest, ResentFieldsStandAlone) {
  const std::string plain = "To: a@x\r\nCc: b@x\r\nBcc: c@x\r\nFrom: d@x\r\n\r\n";
  EXPECT_EQ(header_recipients(HeaderSection::parse(plain)).mailboxes.size(), 3u);
  const std::string resent = "Resent-To: r@x\r\n" + plain;
  const auto list = header_recipients(HeaderSection::parse(resent));
  ASSERT_EQ(list.mailboxes.size(), 1u);
  EXPECT_EQ(list.mailboxes[0].to_wire(), "r@x");
  EXPECT_TRUE(is_hidden_recipient_field("bcc"));
  EXPECT_TRUE(is_hidden_recipient_field("Resent-BCC"));
  EXPECT_FALSE(is_hidden_recipient_field("To"));
}

}  // namespace
}  // namespace postern::mime
