#include "core/tls/ticket_keys.h"

#include <gtest/gtest.h>

namespace postern::tls {
namespace {

using std::chrono::seconds;

class TicketKeysTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  TicketKeys keys_{clock_};
};

TEST_F(TicketKeysTest, FindsTheKeyOfAName) {
  const TicketKey key = keys_.current("smtp");
  const auto found = keys_.find("smtp", key.name.data());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->key.cipher_key, key.cipher_key);
  EXPECT_EQ(found->key.mac_key, key.mac_key);
  EXPECT_FALSE(found->is_old);
}

TEST_F(TicketKeysTest, PurposesShareNothing) {
  const TicketKey one = keys_.current("smtp");
  const TicketKey two = keys_.current("smtps");
  EXPECT_NE(one.name, two.name);
  EXPECT_NE(one.cipher_key, two.cipher_key);
  EXPECT_NE(one.mac_key, two.mac_key);
  EXPECT_NE(one.cipher_key, one.mac_key);
  EXPECT_FALSE(keys_.find("smtps", one.name.data()));
}

TEST_F(TicketKeysTest, KeepsThePreviousForItsLifetime) {
  const TicketKey key = keys_.current("smtp");
  clock_.advance(TicketKeys::kPeriod - seconds(1));
  EXPECT_EQ(keys_.current("smtp").name, key.name);
  clock_.advance(seconds(1));
  EXPECT_NE(keys_.current("smtp").name, key.name);
  auto found = keys_.find("smtp", key.name.data());
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->is_old);
  EXPECT_EQ(found->key.cipher_key, key.cipher_key);
  clock_.advance(TicketKeys::kPeriod - seconds(1));
  EXPECT_TRUE(keys_.find("smtp", key.name.data()));
  clock_.advance(seconds(1));
  EXPECT_FALSE(keys_.find("smtp", key.name.data()));
}

TEST_F(TicketKeysTest, LongSilenceLeavesNothing) {
  const TicketKey key = keys_.current("smtp");
  clock_.advance(1000 * TicketKeys::kPeriod);
  EXPECT_FALSE(keys_.find("smtp", key.name.data()));
}

TEST_F(TicketKeysTest, WallClockDoesNotMatter) {
  const TicketKey key = keys_.current("smtp");
  clock_.set_wall(clock_.wall() + std::chrono::hours(100));
  EXPECT_EQ(keys_.current("smtp").name, key.name);
}

TEST_F(TicketKeysTest, EachProcessHasItsOwn) {
  TicketKeys others(clock_);
  EXPECT_FALSE(others.find("smtp", keys_.current("smtp").name.data()));
}

}  // namespace
}  // namespace postern::tls
