#include "core/delivery/smtp/xforward.h"

#include <gmock/gmock.h>

namespace postern::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

mail::Attempt from(mail::ClientInfo client) {
  auto envelope = std::make_shared<mail::Envelope>();
  envelope->client = std::move(client);
  mail::Attempt out;
  out.envelope = std::move(envelope);
  return out;
}

smtp::Capabilities taking(std::vector<std::string> attributes) {
  smtp::Capabilities out;
  out.xforward_attributes = std::move(attributes);
  return out;
}

TEST(Xforward, OnlyWhatTheServerTakes) {
  mail::ClientInfo client;
  client.name = "c.example";
  client.address = "192.0.2.1";
  EXPECT_THAT(xforward_lines(from(client), taking({})), IsEmpty());
  EXPECT_THAT(xforward_lines(from(client), taking({"ADDR"})),
              ElementsAre("XFORWARD ADDR=192.0.2.1\r\n"));
  EXPECT_THAT(xforward_lines(from(client), taking({"PORT", "SOURCE"})),
              ElementsAre("XFORWARD PORT=[UNAVAILABLE]\r\n", "XFORWARD SOURCE=REMOTE\r\n"));
}

TEST(Xforward, LinesFitWhateverTheClientSaid) {
  for (const std::size_t length : {254U, 255U, 256U, 1000U}) {
    for (const char octet : {'a', ' ', '+', '\n', '\xff'}) {
      mail::ClientInfo client;
      client.name = client.helo = std::string(length, octet);
      client.address = "2001:db8:1111:2222:3333:4444:5555:6666";
      client.protocol = "ESMTPSA";
      const auto lines = xforward_lines(
          from(client), taking({"NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE"}));
      ASSERT_THAT(lines, SizeIs(2));
      for (const std::string& line : lines) {
        EXPECT_LE(line.size(), 512U);
        EXPECT_EQ(line.find('\n'), line.size() - 1);
      }
      const std::string helo = lines[1].substr(lines[1].find("HELO=") + 5);
      const std::string value = helo.substr(0, helo.find(' '));
      if (octet == 'a') {
        EXPECT_EQ(value.size(), std::min<std::size_t>(length, 255));
      } else {
        EXPECT_EQ(value.size() % 3, 0U);  // no code is cut
      }
    }
  }
}

}  // namespace
}  // namespace postern::delivery
