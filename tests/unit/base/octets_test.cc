#include "core/base/octets.h"

#include <gtest/gtest.h>

#include <string>

namespace postern {
namespace {

TEST(Octets, OneHighOctetIsFoundAtEveryPlaceOfEveryLength) {
  for (std::size_t length = 0; length <= 100; ++length) {
    std::string octets(length, '\x7F');
    EXPECT_FALSE(has_8bit(octets)) << length;
    for (std::size_t at = 0; at < length; ++at) {
      for (const char high : {'\x80', '\xFF'}) {
        octets[at] = high;
        EXPECT_TRUE(has_8bit(octets)) << length << " octets, at " << at;
      }
      octets[at] = '\0';
    }
    EXPECT_FALSE(has_8bit(octets)) << length;
  }
}

}  // namespace
}  // namespace postern
