#include "core/spool/fields.h"

#include <gtest/gtest.h>

#include <limits>

namespace postern::spool {
namespace {

enum class Tag : std::uint8_t { kA = 1, kB = 200 };

TEST(Fields, ValuesComeBackInOrder) {
  std::string out;
  put_field(out, Tag::kA, "text");
  put_field(out, Tag::kB, "");
  put_field(out, Tag::kA, std::string(300, 'x'));
  FieldReader reader(out);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.tag<Tag>(), Tag::kA);
  EXPECT_EQ(reader.value(), "text");
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.tag<Tag>(), Tag::kB);
  EXPECT_EQ(reader.value(), "");
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.value().size(), 300u);
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.ok());
}

TEST(Fields, NumbersOfAllWidthsComeBack) {
  for (unsigned bit = 0; bit < 64; ++bit) {
    for (const std::uint64_t value : {1ull << bit, (1ull << bit) - 1, ~(1ull << bit)}) {
      std::string out;
      put_number(out, Tag::kA, value);
      put_signed(out, Tag::kB, static_cast<std::int64_t>(value));
      FieldReader reader(out);
      ASSERT_TRUE(reader.next());
      EXPECT_EQ(reader.number(), value);
      ASSERT_TRUE(reader.next());
      EXPECT_EQ(reader.signed_number(), static_cast<std::int64_t>(value));
      EXPECT_TRUE(reader.ok());
    }
  }
  std::string out;
  put_signed(out, Tag::kA, std::numeric_limits<std::int64_t>::min());
  FieldReader reader(out);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.signed_number(), std::numeric_limits<std::int64_t>::min());
}

TEST(Fields, EveryCutIsNoticedOrEndsBetweenFields) {
  std::string whole;
  put_field(whole, Tag::kA, std::string(200, 'x'));
  put_number(whole, Tag::kB, 1ull << 40);
  const std::size_t first = 1 + 2 + 200;
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    FieldReader reader(std::string_view(whole).substr(0, length));
    while (reader.next()) {
    }
    EXPECT_EQ(reader.ok(), length == 0 || length == first || length == whole.size()) << length;
  }
}

TEST(Fields, LengthBeyondTheEndIsMalformed) {
  std::string out;
  out.push_back(1);
  put_varint(out, ~0ull);
  out += "x";
  FieldReader reader(out);
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.ok());
}

TEST(Fields, VarintThatNeverEndsIsMalformed) {
  const std::string octets(30, '\xff');
  FieldReader reader(octets);
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.ok());
}

TEST(Fields, NumberWithOctetsBehindItIsMalformed) {
  std::string out;
  put_field(out, Tag::kA, std::string("\x01\x02", 2));
  FieldReader reader(out);
  ASSERT_TRUE(reader.next());
  reader.number();
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace postern::spool
