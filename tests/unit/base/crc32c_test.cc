#include "core/base/crc32c.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace postern {
namespace {

TEST(Crc32c, VectorsOfRfc3720) {
  std::string rising, falling;
  for (int i = 0; i < 32; ++i) {
    rising += static_cast<char>(i);
    falling += static_cast<char>(31 - i);
  }
  for (const auto function : {&crc32c, &crc32c_portable}) {
    EXPECT_EQ(function("", 0), 0u);
    EXPECT_EQ(function("123456789", 0), 0xE3069283u);
    EXPECT_EQ(function(std::string(32, '\0'), 0), 0x8A9136AAu);
    EXPECT_EQ(function(std::string(32, '\xFF'), 0), 0x62A8AB43u);
    EXPECT_EQ(function(rising, 0), 0x46DD794Eu);
    EXPECT_EQ(function(falling, 0), 0x113FDB5Cu);
  }
}

TEST(Crc32c, BothPathsAgreeOnEveryLengthAndAlignment) {
  std::mt19937 random(1);
  std::string octets(300, '\0');
  for (char& c : octets)
    c = static_cast<char>(random());
  for (std::size_t begin = 0; begin < 9; ++begin)
    for (std::size_t size = 0; size + begin < octets.size(); size += 1 + size / 16) {
      const auto piece = std::string_view(octets).substr(begin, size);
      EXPECT_EQ(crc32c(piece), crc32c_portable(piece)) << begin << " " << size;
    }
}

TEST(Crc32c, PiecesChain) {
  const std::string_view whole = "the quick brown fox jumps over the lazy dog";
  for (std::size_t cut = 0; cut <= whole.size(); ++cut)
    EXPECT_EQ(crc32c(whole.substr(cut), crc32c(whole.substr(0, cut))), crc32c(whole));
}

TEST(Crc32c, EverySingleBitFlipIsSeen) {
  std::string octets = "Subject: t\r\n\r\nhello\r\n";
  const auto good = crc32c(octets);
  for (std::size_t bit = 0; bit < octets.size() * 8; ++bit) {
    octets[bit / 8] = static_cast<char>(octets[bit / 8] ^ (1 << bit % 8));
    EXPECT_NE(crc32c(octets), good) << bit;
    octets[bit / 8] = static_cast<char>(octets[bit / 8] ^ (1 << bit % 8));
  }
}

}  // namespace
}  // namespace postern
