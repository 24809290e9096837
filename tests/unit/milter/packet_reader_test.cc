#include "core/milter/packet_reader.h"

#include "tests/unit/milter/packets.h"

namespace postern::milter::testing {
namespace {

TEST(PacketReader, PacketsDoNotDependOnThePieces) {
  const std::string octets = wire('c') + wire('h', "A\0b\0"s) + wire('c');
  for (std::size_t piece = 1; piece <= octets.size(); ++piece) {
    PacketReader reader;
    std::string seen;
    for (std::size_t at = 0; at < octets.size(); at += piece) {
      reader.feed(std::string_view(octets).substr(at, piece));
      for (;;) {
        const auto packet = reader.next();
        ASSERT_TRUE(packet);
        if (!*packet) break;
        seen += (*packet)->letter + std::string((*packet)->data) + '|';
      }
    }
    EXPECT_EQ(seen, "c|hA\0b\0|c|"s);
    EXPECT_TRUE(reader.is_idle());
  }
}

TEST(PacketReader, Row211WrongLengths) {
  PacketReader zero;
  zero.feed("\0\0\0\0c"s);
  EXPECT_EQ(zero.next().error().kind, ErrorKind::kInvalid);
  for (const std::size_t data : {9u, 10u, 11u, 10'000u}) {
    PacketReader reader({.max_data_octets = 10});
    reader.feed(wire('b', std::string(data, 'x')));
    const auto packet = reader.next();
    EXPECT_EQ(packet.has_value(), data <= 10) << data;
    if (!packet) {
      EXPECT_EQ(packet.error().kind, ErrorKind::kLimit);
    }
  }
  // Refused before a single octet of it has come.
  PacketReader huge;
  huge.feed("\xFF\xFF\xFF\xFF");
  EXPECT_EQ(huge.next().error().kind, ErrorKind::kLimit);
}

TEST(PacketReader, APacketThatIsCutOffIsNotIdle) {
  PacketReader reader;
  reader.feed(wire('h', "A\0b\0"s).substr(0, 7));
  const auto packet = reader.next();
  ASSERT_TRUE(packet);
  EXPECT_FALSE(packet->has_value());
  EXPECT_FALSE(reader.is_idle());
}

}  // namespace
}  // namespace postern::milter::testing
