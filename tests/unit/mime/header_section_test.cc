#include "core/mime/header_section.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "core/mime/header_list.h"

namespace postern::mime {
namespace {

TEST(HeaderSectionTest, FieldsFoldsAndTheEmptyLine) {
  const std::string message = "Subject: a\r\n b\r\nTo :x\r\nEMPTY:\r\n\r\nbody: no field\r\n";
  const auto section = HeaderSection::parse(message);
  ASSERT_EQ(section.fields().size(), 3u);
  EXPECT_EQ(section.find("subject")->value, " a\r\n b");
  EXPECT_EQ(unfold(section.find("SUBJECT")->value), "a b");
  EXPECT_EQ(section.find("To")->name, "To");
  EXPECT_EQ(section.find("Empty")->value, "");
  EXPECT_TRUE(section.is_odd()) << "a space before a colon";
  EXPECT_TRUE(section.is_well_ended());
  EXPECT_EQ(message.substr(section.body_offset()), "body: no field\r\n");
  EXPECT_EQ(section.find("body"), nullptr);
}

TEST(HeaderSectionTest, ALineOfTextEndsItWithoutAnEmptyLine) {
  const std::string message = "A: b\r\nthis is text\r\nB: c\r\n";
  const auto section = HeaderSection::parse(message);
  EXPECT_EQ(section.fields().size(), 1u);
  EXPECT_FALSE(section.is_well_ended());
  EXPECT_EQ(section.body_offset(), section.size());
  EXPECT_EQ(message.substr(section.body_offset()), "this is text\r\nB: c\r\n");
}

TEST(HeaderSectionTest, OddBeginnings) {
  EXPECT_TRUE(HeaderSection::parse("").fields().empty());
  EXPECT_EQ(HeaderSection::parse("\r\nA: b\r\n").body_offset(), 2u);
  EXPECT_TRUE(HeaderSection::parse(" A: b\r\n").is_odd());
  EXPECT_TRUE(HeaderSection::parse(" A: b\r\n").fields().empty());
  EXPECT_EQ(HeaderSection::parse("A: b").fields().at(0).value, " b") << "cut short";
  // A bare LF is text inside a field, never a line end: nothing hides behind it.
  EXPECT_EQ(HeaderSection::parse("A: b\nB: c\r\n\r\n").fields().size(), 1u);
  EXPECT_EQ(field_name_length("gr\xC3\xBC: x"), 0u);
  EXPECT_EQ(field_name_length(": x"), 0u);
}

TEST(HeaderSectionTest, Row101LimitsStopTheListNotTheSearchForTheEnd) {
  const auto fields = [](std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i)
      out += "A: b\r\n";
    return out + "\r\nbody";
  };
  const HeaderLimits limits{.max_field_octets = 20, .max_fields = 10, .max_octets = 1000};
  for (const std::size_t count : {9u, 10u, 11u, 10'000u}) {
    const auto message = fields(count);
    const auto section = HeaderSection::parse(message, limits);
    EXPECT_EQ(section.fields().size(), std::min<std::size_t>(count, 10)) << count;
    EXPECT_EQ(section.fault() == HeaderFault::kNone, count <= 10) << count;
    EXPECT_EQ(message.substr(section.body_offset()), "body") << count;
  }
  for (const std::size_t size : {19u, 20u, 21u, 20'000u}) {
    const auto message = "A: " + std::string(size - 5, 'x') + "\r\n\r\nbody";
    const auto section = HeaderSection::parse(message, limits);
    EXPECT_EQ(section.fault(), size <= 20 ? HeaderFault::kNone : HeaderFault::kFieldTooLong);
    EXPECT_EQ(message.substr(section.body_offset()), "body");
  }
}

TEST(HeaderSectionTest, Row101And102LargeHeadersAreLinear) {
  const auto start = std::chrono::steady_clock::now();
  std::string many;
  for (int i = 0; i < 500'000; ++i)
    many += "To: joe@example.com\r\n";
  EXPECT_EQ(HeaderSection::parse(many + "\r\n").body_offset(), many.size() + 2);
  std::string folded = "Subject: x\r\n";
  while (folded.size() < 10'000'000)
    folded += " fold\r\n";
  EXPECT_EQ(HeaderSection::parse(folded).fault(), HeaderFault::kFieldTooLong);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(HeaderSectionTest, Row093And095AValueNeverBeginsAField) {
  EXPECT_EQ(make_field("X", "a\r\nBcc: b"), "X: a\r\n Bcc: b\r\n");
  EXPECT_EQ(make_field("X", "a\nb\rc\r\n\r\nd"), "X: a\r\n b\r\n c\r\n d\r\n");
  EXPECT_EQ(make_field("X", "a\r\n"), "X: a\r\n");
  EXPECT_EQ(make_field("X", std::string("a\0b", 3)), "X: a?b\r\n");
  EXPECT_EQ(make_field("X", "a\r\n\tb"), "X: a\r\n\tb\r\n");
  std::mt19937 random(5);
  const std::string_view alphabet("\r\n \t:aB\0", 8);
  for (int round = 0; round < 20'000; ++round) {
    std::string value;
    for (unsigned size = random() % 12; size > 0; --size)
      value += alphabet[random() % alphabet.size()];
    const auto message = make_field("X", value) + "\r\nbody";
    const auto section = HeaderSection::parse(message);
    ASSERT_EQ(section.fields().size(), 1u);
    ASSERT_EQ(message.substr(section.body_offset()), "body");
  }
}

TEST(HeaderSectionTest, RandomOctetsAreCutWithoutLossOrOverlap) {
  std::mt19937 random(6);
  const std::string_view alphabet = "\r\n\r\n :aA-\t";
  for (int round = 0; round < 20'000; ++round) {
    std::string message;
    for (unsigned size = random() % 60; size > 0; --size)
      message += alphabet[random() % alphabet.size()];
    const auto section = HeaderSection::parse(message);
    std::string joined;
    for (const auto& field : section.fields())
      joined += field.raw;
    ASSERT_EQ(joined, message.substr(0, section.size()));
    ASSERT_LE(section.body_offset(), message.size());
  }
}

TEST(HeaderListTest, ChangesLeaveTheRestAsItWas) {
  const std::string message = "A:  odd spacing\r\nB: 1\r\nb: 2\r\nC: folded\r\n\tline\r\n\r\n";
  HeaderList list(HeaderSection::parse(message));
  EXPECT_EQ(list.to_string() + "\r\n", message);
  EXPECT_TRUE(list.replace("B", 2, "two"));
  EXPECT_FALSE(list.replace("B", 3, "x"));
  EXPECT_FALSE(list.remove("B", 0));
  list.insert(0, "First", "1");
  list.insert(1000, "Last", "1");
  EXPECT_TRUE(list.remove("c", 1));
  EXPECT_EQ(list.to_string(), "First: 1\r\nA:  odd spacing\r\nB: 1\r\nb: two\r\nLast: 1\r\n");
  EXPECT_EQ(list.remove_all("b"), 2u);
  EXPECT_EQ(list.size(), 3u);
}

TEST(HeaderListTest, AMessageThatEndsInsideAFieldGetsItsLineEnd) {
  EXPECT_EQ(HeaderList(HeaderSection::parse("A: b")).to_string(), "A: b\r\n");
}

TEST(HopsTest, Row176HundredAndOneReceived) {
  std::string message;
  for (int i = 0; i < 101; ++i)
    message += "received: from x\r\n";
  message += "\r\nReceived: in the body\r\n";
  EXPECT_EQ(received_hops(HeaderSection::parse(message)), 101u);
}

}  // namespace
}  // namespace postern::mime
