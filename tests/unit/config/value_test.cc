#include "core/config/value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config/level.h"
#include "core/config/params.h"
#include "core/config/restrictions.h"

namespace postern::config {
namespace {

TEST(Value, Booleans) {
  EXPECT_TRUE(*parse_boolean("yes"));
  EXPECT_FALSE(*parse_boolean("NO"));
  for (const char* bad : {"", "true", "1", "yess"})
    EXPECT_FALSE(parse_boolean(bad)) << bad;
}

TEST(Value, Durations) {
  EXPECT_EQ(*parse_duration("300s"), Seconds(300));
  EXPECT_EQ(*parse_duration("5", 'd'), Seconds(5 * 86400));
  EXPECT_EQ(*parse_duration("1w"), Seconds(604800));
  EXPECT_EQ(*parse_duration("2h"), Seconds(7200));
  for (const char* bad :
       {"", "s", "5x", "1h30m", "-1s", "1 h", "9999999999999999999d", "99999999999w", "0x10"})
    EXPECT_FALSE(parse_duration(bad)) << bad;
  EXPECT_EQ(print_duration(Seconds(432000)), "5d");
  EXPECT_EQ(print_duration(Seconds(4000)), "4000s");
  EXPECT_EQ(print_duration(Seconds(0)), "0s");
}

TEST(Value, Sizes) {
  EXPECT_EQ(parse_bytes("10240000")->value, 10240000u);
  EXPECT_EQ(parse_bytes("50M")->value, 50u << 20);
  EXPECT_EQ(parse_bytes("1g")->value, 1u << 30);
  for (const char* bad : {"", "M", "-1", "5T", "9999999999999G"})
    EXPECT_FALSE(parse_bytes(bad)) << bad;
}

TEST(Value, Tables) {
  const auto tables = parse_tables("proxy:hash:/etc/x, inline:{ a=b, c=d } static:5000");
  ASSERT_TRUE(tables);
  ASSERT_EQ(tables->size(), 3u);
  EXPECT_EQ((*tables)[0].spelled(), "hash:/etc/x");
  EXPECT_EQ((*tables)[1].name, "{ a=b, c=d }");
  EXPECT_FALSE(parse_tables("/etc/aliases"));
  EXPECT_FALSE(parse_tables(":x"));
}

TEST(Value, BoundsAtTheLimit) {
  EXPECT_FALSE(params::smtpd_recipient_limit.parse("0"));
  EXPECT_TRUE(params::smtpd_recipient_limit.parse("1"));
  EXPECT_FALSE(params::smtp_tls_loglevel.parse("5"));
  EXPECT_TRUE(params::smtp_tls_loglevel.parse("4"));
  EXPECT_FALSE(params::smtp_tls_loglevel.parse("4000"));
  EXPECT_TRUE(params::maximal_queue_lifetime.parse("100d"));
  EXPECT_FALSE(params::maximal_queue_lifetime.parse("101d"));
}

TEST(Level, Order) {
  EXPECT_LT(*parse_level("3.9"), *parse_level("3.10"));
  EXPECT_LT(*parse_level("2"), *parse_level("3.6"));
  EXPECT_EQ(*parse_level("3"), *parse_level("3.0.0"));
  for (const char* bad : {"", "x", "3.", ".3", "1.2.3.4", "12345"})
    EXPECT_FALSE(parse_level(bad)) << bad;
}

TEST(Restrictions, WordsArgumentsAndOldNames) {
  const auto list = parse_restrictions(
      "Permit_MyNetworks warn_if_reject reject_unknown_client, check_recipient_access "
      "hash:/etc/x, hash:/etc/y { check_policy_service unix:private/p, timeout = 10s } mine");
  ASSERT_TRUE(list);
  EXPECT_EQ(*list, (RestrictionList{{"permit_mynetworks", ""},
                                    {"reject_unknown_client_hostname", "", true},
                                    {"check_recipient_access", "hash:/etc/x"},
                                    {"check_access", "hash:/etc/y"},
                                    {"check_policy_service", "unix:private/p, timeout = 10s"},
                                    {"mine", ""}}));
  EXPECT_FALSE(parse_restrictions("check_client_access"));
  EXPECT_FALSE(parse_restrictions("warn_if_reject"));
}

}  // namespace
}  // namespace postern::config
