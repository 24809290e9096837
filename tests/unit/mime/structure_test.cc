#include "core/mime/structure.h"

#include <gtest/gtest.h>

#include <fmt/format.h>
#include <chrono>
#include <random>

namespace postern::mime {
namespace {

std::string body_of(const std::string& message, const Part& part) {
  return message.substr(part.body.begin, part.body.size());
}

TEST(StructureTest, AMessageWithoutMimeIsOneLeaf) {
  const std::string message = "Subject: x\r\n\r\nbody\r\n";
  const auto structure = walk_structure(message);
  ASSERT_EQ(structure.parts.size(), 1u);
  EXPECT_EQ(body_of(message, structure.parts[0]), "body\r\n");
  EXPECT_TRUE(structure.parts[0].has_empty_line);
  EXPECT_FALSE(structure.parts[0].is_container);
}

TEST(StructureTest, PartsOfAMultipart) {
  const std::string message =
      "Content-Type: multipart/mixed; boundary=\"b 1\"\r\n\r\npreamble\r\n"
      "--b 1\r\nContent-Type: text/plain\r\n\r\none\r\n"
      "--b 1 \t\r\n\r\ntwo\r\n\r\n"
      "--b 1--\r\nepilogue\r\n--b 1\r\n";
  const auto structure = walk_structure(message);
  ASSERT_EQ(structure.parts.size(), 3u);
  EXPECT_TRUE(structure.parts[0].is_container);
  EXPECT_EQ(body_of(message, structure.parts[1]), "one");
  EXPECT_EQ(structure.parts[1].parent, 0);
  EXPECT_EQ(structure.parts[1].depth, 1u);
  EXPECT_EQ(body_of(message, structure.parts[2]), "two\r\n");
}

TEST(StructureTest, Row123AnOuterBoundaryEndsAllInside) {
  const std::string message =
      "Content-Type: multipart/mixed; boundary=out\r\n\r\n--out\r\n"
      "Content-Type: multipart/alternative; boundary=in\r\n\r\n--in\r\n\r\na\r\n"
      "--out\r\n\r\nb\r\n--out--\r\n";
  const auto structure = walk_structure(message);
  ASSERT_EQ(structure.parts.size(), 4u);
  EXPECT_EQ(body_of(message, structure.parts[2]), "a");
  EXPECT_EQ(structure.parts[2].parent, 1);
  EXPECT_EQ(body_of(message, structure.parts[3]), "b");
  EXPECT_EQ(structure.parts[3].parent, 0);
}

TEST(StructureTest, EnclosedMessagesAndDigests) {
  const std::string message =
      "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: inner\r\n\r\ntext\r\n"
      "--b--\r\n";
  const auto structure = walk_structure(message);
  ASSERT_EQ(structure.parts.size(), 3u);
  EXPECT_TRUE(structure.parts[1].type.is_message());
  EXPECT_EQ(structure.parts[2].parent, 1);
  EXPECT_EQ(body_of(message, structure.parts[2]), "text");
}

TEST(StructureTest, TheFirstOfTwoContentTypesCounts) {
  const std::string message =
      "Content-Type: text/plain\r\nContent-Type: multipart/mixed; "
      "boundary=b\r\n\r\n--b\r\n\r\nx\r\n";
  EXPECT_EQ(walk_structure(message).parts.size(), 1u);
}

std::string nested(std::size_t depth) {
  std::string out;
  for (std::size_t i = 0; i < depth; ++i)
    out += fmt::format("Content-Type: multipart/mixed; boundary=b{}\r\n\r\n--b{}\r\n", i, i);
  return out + "\r\nleaf\r\n";
}

TEST(StructureTest, Row120NestingAtTheLimit) {
  const StructureLimits limits{.max_depth = 10};
  for (const std::size_t depth : {9u, 10u, 11u, 10'000u}) {
    const auto structure = walk_structure(nested(depth), limits);
    EXPECT_EQ(structure.fault, depth <= 10 ? StructureFault::kNone : StructureFault::kTooDeep)
        << depth;
    EXPECT_LE(structure.parts.size(), 12u);
  }
}

TEST(StructureTest, Row121NumberOfPartsAtTheLimit) {
  const StructureLimits limits{.max_parts = 10};
  for (const std::size_t count : {8u, 9u, 10u, 10'000u}) {  // and the message itself
    std::string message = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    for (std::size_t i = 0; i < count; ++i)
      message += "--b\r\n\r\nx\r\n";
    const auto structure = walk_structure(message, limits);
    EXPECT_EQ(structure.parts.size(), std::min<std::size_t>(count + 1, 10));
    EXPECT_EQ(structure.fault == StructureFault::kNone, count <= 9) << count;
  }
}

TEST(StructureTest, Row122BoundaryLengthAtTheLimit) {
  const StructureLimits limits{.max_boundary_octets = 20};
  for (const std::size_t size : {19u, 20u, 21u, 20'000u}) {
    const std::string boundary(size, 'x');
    const auto structure = walk_structure("Content-Type: multipart/mixed; boundary=" + boundary +
                                              "\r\n\r\n--" + boundary + "\r\n\r\na",
                                          limits);
    EXPECT_EQ(structure.fault == StructureFault::kNone, size <= 20) << size;
  }
  EXPECT_EQ(walk_structure("Content-Type: multipart/mixed\r\n\r\nx\r\n").fault,
            StructureFault::kNoBoundary);
}

TEST(StructureTest, TimeIsLinear) {
  // Each line looks like a boundary of every open container.
  std::string message = nested(60);
  while (message.size() < 4'000'000)
    message += "--b\r\n--b1x\r\n--\r\n";
  const auto start = std::chrono::steady_clock::now();
  (void)walk_structure(message);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(StructureTest, RandomMessagesKeepEveryRangeInside) {
  std::mt19937 random(11);
  const std::string_view words[] = {"\r\n",
                                    "--a",
                                    "--b",
                                    "--",
                                    "x",
                                    "Content-Type: multipart/mixed; boundary=a",
                                    "Content-Type: message/rfc822",
                                    "Content-Type: multipart/digest; boundary=b",
                                    ":",
                                    " ",
                                    "\n",
                                    "\r\n\r\n"};
  for (int round = 0; round < 20'000; ++round) {
    std::string message;
    for (unsigned count = random() % 30; count > 0; --count)
      message += words[random() % std::size(words)];
    const auto structure = walk_structure(message, {.max_depth = 5, .max_parts = 20});
    ASSERT_FALSE(structure.parts.empty());
    ASSERT_LE(structure.parts.size(), 20u);
    for (std::size_t i = 0; i < structure.parts.size(); ++i) {
      const Part& part = structure.parts[i];
      ASSERT_LE(part.header.begin, part.header.end);
      ASSERT_LE(part.header.end, part.body.begin) << message;
      ASSERT_LE(part.body.begin, part.body.end);
      ASSERT_LE(part.body.end, message.size());
      ASSERT_LT(part.parent, static_cast<std::int32_t>(i));
    }
  }
}

TEST(ContentTypeTest, ParametersCommentsAndQuotes) {
  const auto type =
      parse_content_type(" Multipart/Mixed (c; boundary=no);\r\n boundary=\"a\\\"b \"");
  EXPECT_EQ(type.type, "multipart");
  EXPECT_EQ(type.subtype, "mixed");
  EXPECT_EQ(type.boundary, "a\"b");
  EXPECT_EQ(parse_content_type("a/b; boundary=x; boundary=y").boundary, "x");
  for (const auto bad : {"", "text", "/plain", "text/", "((((", "\"", ";;;"})
    EXPECT_FALSE(parse_content_type(bad).is_valid) << bad;
  EXPECT_EQ(parse_content_type("text").type, "text");
  EXPECT_EQ(parse_transfer_encoding(" (x) Base64 "), TransferEncoding::kBase64);
  EXPECT_EQ(parse_transfer_encoding("x-uuencode"), TransferEncoding::kOther);
  EXPECT_EQ(parse_transfer_encoding(""), TransferEncoding::kOther);
}

}  // namespace
}  // namespace postern::mime
