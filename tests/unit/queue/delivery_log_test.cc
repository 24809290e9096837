#include "core/queue/delivery_log.h"

#include <gtest/gtest.h>

namespace postern::queue {
namespace {

TEST(DeliveryLog, SecondsHaveTwoSignificantDigits) {
  const std::pair<double, const char*> cases[] = {
      {0, "0"},        {0.004, "0"}, {0.006, "0.01"},    {0.05, "0.05"}, {0.1, "0.1"},
      {0.123, "0.12"}, {1.0, "1"},   {1.23, "1.2"},      {9.94, "9.9"},  {12.6, "13"},
      {345.2, "345"},  {-4.0, "0"},  {100'000, "100000"}};
  for (const auto& [seconds, text] : cases)
    EXPECT_EQ(format_seconds(seconds), text) << seconds;
}

TEST(DeliveryLog, LineHasPostfixsForm) {
  mail::Recipient recipient;
  recipient.forward_path = {"user", "example.com"};
  recipient.original_recipient = "alias@example.org";
  DeliveryLine line;
  line.id = QueueId(0x4F8D21A2B3C);
  line.recipient = &recipient;
  line.relay = "mx.example.com[192.0.2.1]:25";
  line.connection_use = 2;
  line.before_active = 0.05;
  line.connecting = 0.5;
  line.transmitting = 0.7;
  line.dsn = "2.0.0";
  line.status = "sent";
  line.text = "250 2.0.0 Ok: queued as 1";
  EXPECT_EQ(format_delivery(line),
            "4F8D21A2B3C: to=<user@example.com>, orig_to=<alias@example.org>, "
            "relay=mx.example.com[192.0.2.1]:25, conn_use=2, delay=1.2, delays=0.05/0/0.5/0.7, "
            "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 1)");
  recipient.original_recipient = "User@Example.com";
  line.relay = "";
  line.connection_use = 1;
  EXPECT_EQ(format_delivery(line).substr(0, 48),
            "4F8D21A2B3C: to=<user@example.com>, relay=none, ");
}

}  // namespace
}  // namespace postern::queue
