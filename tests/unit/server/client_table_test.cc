#include "core/server/client_table.h"

#include <gtest/gtest.h>

namespace postern::server {
namespace {

ClientLimitOptions limits(std::uint32_t connections, std::uint32_t rate = 0) {
  ClientLimitOptions out;
  out.connections = connections;
  out.connection_rate = rate;
  return out;
}

TEST(ClientTable, ClientsAreAddressesAndSixtyFours) {
  EXPECT_EQ(client_network("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(client_network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(client_network("2001:db8:1:2::"), "2001:db8:1:2::/64");
  EXPECT_EQ(client_network("unknown"), "other");
}

TEST(ClientTable, Row112ConnectionsAtTheLimit) {
  ManualClock clock;
  ClientTable table(clock);
  const auto options = limits(3);
  std::vector<ClientTable::Permit> permits;
  for (int i = 1; i <= 3; ++i) {
    auto admission = table.connect("192.0.2.1", options);
    EXPECT_FALSE(admission.refusal) << i;
    permits.push_back(std::move(admission.permit));
  }
  EXPECT_EQ(table.connect("192.0.2.1", options).refusal, ClientTable::Refusal::kTooManyConnections);
  EXPECT_FALSE(table.connect("192.0.2.2", options).refusal);  // another client
  for (int i = 0; i < 3000; ++i)
    EXPECT_TRUE(table.connect("192.0.2.1", options).refusal);
  permits.pop_back();
  EXPECT_FALSE(table.connect("192.0.2.1", options).refusal);
}

TEST(ClientTable, ZeroIsNoLimit) {
  ClientTable table;
  std::vector<ClientTable::Permit> permits;
  for (int i = 0; i < 1000; ++i) {
    auto admission = table.connect("192.0.2.1", limits(0));
    ASSERT_FALSE(admission.refusal);
    permits.push_back(std::move(admission.permit));
  }
}

TEST(ClientTable, RatesStartAgainWithTheTimeUnit) {
  ManualClock clock;
  ClientTable table(clock);
  const auto options = limits(0, 2);
  EXPECT_FALSE(table.connect("192.0.2.1", options).refusal);
  EXPECT_FALSE(table.connect("192.0.2.1", options).refusal);
  EXPECT_EQ(table.connect("192.0.2.1", options).refusal, ClientTable::Refusal::kTooFast);
  clock.advance(std::chrono::seconds(59));
  EXPECT_TRUE(table.connect("192.0.2.1", options).refusal);
  clock.advance(std::chrono::seconds(1));
  EXPECT_FALSE(table.connect("192.0.2.1", options).refusal);
}

TEST(ClientTable, MessagesAndRecipients) {
  ManualClock clock;
  ClientTable table(clock);
  ClientLimitOptions options;
  EXPECT_TRUE(table.count_message("192.0.2.1", options));
  EXPECT_EQ(table.size(), 0U);  // no limit, nothing counted
  options.message_rate = 2;
  options.recipient_rate = 1;
  EXPECT_TRUE(table.count_message("192.0.2.1", options));
  EXPECT_TRUE(table.count_message("192.0.2.1", options));
  EXPECT_FALSE(table.count_message("192.0.2.1", options));
  EXPECT_TRUE(table.count_recipient("192.0.2.1", options));
  EXPECT_FALSE(table.count_recipient("192.0.2.1", options));
  clock.advance(std::chrono::seconds(60));
  EXPECT_TRUE(table.count_message("192.0.2.1", options));
}

TEST(ClientTable, ForgetsIdleClientsAndIsBounded) {
  ManualClock clock;
  ClientTable table(clock, 1600);
  for (int i = 0; i < 100'000; ++i)
    EXPECT_FALSE(table.connect(fmt::format("10.{}.{}.1", i / 256, i % 256), limits(1)).refusal);
  EXPECT_LE(table.size(), 1600U);
  clock.advance(std::chrono::seconds(120));
  for (int i = 0; i < 2000; ++i)
    static_cast<void>(table.connect(fmt::format("11.{}.{}.1", i / 256, i % 256), limits(1)));
  EXPECT_LE(table.size(), 1600U);
  EXPECT_GT(table.size(), 0U);
}

}  // namespace
}  // namespace postern::server
