#include "core/server/proxy_header.h"

#include <gtest/gtest.h>

namespace postern::server {
namespace {

using Status = ProxyHeaderReader::Status;

// Feeds what the reader wants and no more; `rest` is what stays behind the header.
Status read(ProxyHeaderReader& reader, std::string_view input, std::string_view& rest) {
  Status status = Status::kNeedMore;
  while (status == Status::kNeedMore && !input.empty()) {
    const std::string_view piece = input.substr(0, reader.wanted());
    EXPECT_FALSE(piece.empty());
    status = reader.feed(piece);
    input.remove_prefix(piece.size());
  }
  rest = input;
  return status;
}

std::string binary(unsigned char command, unsigned char family, const std::string& body) {
  std::string out("\r\n\r\n\0\r\nQUIT\n", 12);
  out += static_cast<char>(command);
  out += static_cast<char>(family);
  out += static_cast<char>(body.size() >> 8);
  out += static_cast<char>(body.size() & 0xFF);
  return out + body;
}

TEST(ProxyHeader, TextForms) {
  struct Case {
    std::string text, source;
    std::uint16_t port;
  };
  const Case cases[] = {
      {"PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r\n", "192.0.2.1", 1},
      {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255", 65535},
      {"PROXY TCP6 2001:db8::1 2001:DB8:0::2 4000 25\r\n", "2001:db8::1", 4000},
  };
  for (const Case& each : cases) {
    ProxyHeaderReader reader;
    std::string_view rest;
    const std::string input = each.text + "EHLO x\r\n";
    ASSERT_EQ(read(reader, input, rest), Status::kDone) << each.text;
    EXPECT_EQ(rest, "EHLO x\r\n");
    EXPECT_EQ(reader.addresses().source, each.source);
    EXPECT_EQ(reader.addresses().source_port, each.port);
    EXPECT_FALSE(reader.addresses().is_local);
  }
}

TEST(ProxyHeader, UnknownMeansTheConnectionItself) {
  for (const std::string text :
       {"PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n"}) {
    ProxyHeaderReader reader;
    std::string_view rest;
    ASSERT_EQ(read(reader, text, rest), Status::kDone);
    EXPECT_TRUE(reader.addresses().is_local);
  }
}

TEST(ProxyHeader, Row084BadTextHeadersAreRefused) {
  for (const std::string text :
       {"EHLO client.test\r\n", "PROXY TCP4 192.0.2.1\r\n", "PROXY TCP4 192.0.2.1 1.2.3.4 1\r\n",
        "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n", "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
        "PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n",
        "PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n",
        "PROXY UNIX /a /b 1 2\r\n", "proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\nEHLO x\r\n"}) {
    ProxyHeaderReader reader;
    std::string_view rest;
    EXPECT_EQ(read(reader, text, rest), Status::kBad) << text;
  }
}

TEST(ProxyHeader, Row084TextHeaderIsBounded) {
  const std::string text = "PROXY UNKNOWN " + std::string(100'000, 'x');
  ProxyHeaderReader reader;
  std::string_view rest;
  EXPECT_EQ(read(reader, text, rest), Status::kBad);
  EXPECT_GE(rest.size(), text.size() - ProxyHeaderReader::kMaxTextOctets - 2);
}

TEST(ProxyHeader, BinaryForms) {
  const std::string v4("\xC0\x00\x02\x01\xC6\x33\x64\x02\x0F\xA0\x00\x19", 12);
  const std::string v6 = std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + "\x01" +
                         std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + "\x02" +
                         std::string("\x0F\xA0\x00\x19", 4);
  struct Case {
    std::string header, source;
  };
  const Case cases[] = {
      {binary(0x21, 0x11, v4), "192.0.2.1"},
      {binary(0x21, 0x11, v4 + std::string("\x04\x00\x01\x00", 4)), "192.0.2.1"},  // with a TLV
      {binary(0x21, 0x21, v6), "2001:db8::1"},
      {binary(0x21, 0x21,
              std::string(10, '\0') + "\xFF\xFF\xC0" + std::string("\x00\x02\x01", 3) +
                  std::string(16, '\0') + std::string("\x0F\xA0\x00\x19", 4)),
       "192.0.2.1"},
  };
  for (const Case& each : cases) {
    ProxyHeaderReader reader;
    std::string_view rest;
    const std::string input = each.header + "EHLO x\r\n";
    ASSERT_EQ(read(reader, input, rest), Status::kDone);
    EXPECT_EQ(rest, "EHLO x\r\n");
    EXPECT_EQ(reader.addresses().source, each.source);
    EXPECT_EQ(reader.addresses().source_port, 4000);
  }
}

TEST(ProxyHeader, Row084LocalAndUnspecifiedAreTheConnectionItself) {
  for (const std::string& header :
       {binary(0x20, 0x00, ""), binary(0x20, 0x11, "junk"), binary(0x21, 0x00, "junk")}) {
    ProxyHeaderReader reader;
    std::string_view rest;
    ASSERT_EQ(read(reader, header, rest), Status::kDone);
    EXPECT_TRUE(reader.addresses().is_local);
  }
}

TEST(ProxyHeader, Row084BadBinaryHeadersAreRefused) {
  for (const std::string& header :
       {binary(0x21, 0x11, "short"), binary(0x21, 0x21, std::string(35, 'x')),
        binary(0x21, 0x31, std::string(216, 'x')),  // unix sockets
        binary(0x21, 0x12, std::string(12, 'x')),   // datagrams
        binary(0x11, 0x11, std::string(12, 'x')), binary(0x22, 0x11, std::string(12, 'x'))}) {
    ProxyHeaderReader reader;
    std::string_view rest;
    EXPECT_EQ(read(reader, header, rest), Status::kBad);
  }
}

TEST(ProxyHeader, Row084LengthLimits) {
  constexpr std::size_t kMost = ProxyHeaderReader::kMaxOctets - 16;
  for (const std::size_t size : {kMost - 1, kMost, kMost + 1, std::size_t{65'535}}) {
    ProxyHeaderReader reader;
    std::string_view rest;
    const std::string header = binary(0x20, 0x00, std::string(size, 'x'));
    EXPECT_EQ(read(reader, header, rest), size <= kMost ? Status::kDone : Status::kBad) << size;
  }
}

TEST(ProxyHeader, EveryPrefixNeedsMoreOrIsBad) {
  const std::string text = "PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r\n";
  for (std::size_t size = 0; size < text.size(); ++size) {
    ProxyHeaderReader reader;
    std::string_view rest;
    EXPECT_EQ(read(reader, std::string_view(text).substr(0, size), rest), Status::kNeedMore);
  }
}

}  // namespace
}  // namespace postern::server
