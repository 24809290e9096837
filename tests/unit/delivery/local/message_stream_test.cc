#include "core/delivery/local/message_stream.h"

#include <gtest/gtest.h>

namespace postern::delivery {
namespace {

std::string streamed(const std::string& octets, const StreamForm& form) {
  std::string out;
  const auto size = stream_message(mail::MemoryContent(octets), form,
                                   [&](std::string_view piece) -> Result<void> {
                                     out += piece;
                                     return {};
                                   });
  EXPECT_TRUE(size.has_value());
  if (size) {
    EXPECT_EQ(*size, out.size());
  }
  return out;
}

// Gives out three octets at a time, so that every pattern falls across a read.
class TrickleContent final : public mail::Content {
 public:
  explicit TrickleContent(std::string octets) : octets_(std::move(octets)) {}
  std::uint64_t size() const override { return octets_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) const override {
    return octets_.copy(buffer.data(), std::min<std::size_t>(3, buffer.size()), offset);
  }

 private:
  std::string octets_;
};

TEST(MessageStream, CrlfBecomesLfAndNothingElseChanges) {
  EXPECT_EQ(streamed("A: b\r\n\r\nbare\rcr bare\nlf\r\n", {}), "A: b\n\nbare\rcr bare\nlf\n");
}

TEST(MessageStream, PrologueTakesTheLineEndOfTheForm) {
  StreamForm form;
  form.prologue = "X: 1\nY: 2\n";
  form.line_end = "\r\n";
  EXPECT_EQ(streamed("A: b\r\n\r\n", form), "X: 1\r\nY: 2\r\nA: b\r\n\r\n");
}

TEST(MessageStream, ReturnPathOfTheMessageIsDroppedWithItsFoldsButNotFromTheBody) {
  EXPECT_EQ(
      streamed("A: b\r\nReturn-path: <x@y>\r\n\tfolded\r\nC: d\r\n\r\nReturn-Path: kept\r\n", {}),
      "A: b\nC: d\n\nReturn-Path: kept\n");
}

TEST(MessageStream, FromIsQuotedOnlyAtTheStartOfALine) {
  StreamForm form;
  form.quote_from = true;
  form.end_blank_line = true;
  EXPECT_EQ(streamed("A: b\r\n\r\nFrom here\r\nnot From here\r\nFromm\r\n", form),
            "A: b\n\n>From here\nnot From here\nFromm\n\n");
}

TEST(MessageStream, LastLineWithoutEndGetsOne) {
  EXPECT_EQ(streamed("A: b\r\n\r\nx", {}), "A: b\n\nx\n");
}

TEST(MessageStream, DotsAreStuffed) {
  StreamForm form;
  form.stuff_dots = true;
  EXPECT_EQ(streamed("A: b\r\n\r\n.\r\n..x\r\n", form), "A: b\n\n..\n...x\n");
}

TEST(MessageStream, PatternsAcrossReadsAreSeen) {
  StreamForm form;
  form.quote_from = true;
  std::string out;
  const TrickleContent content("A: b\r\nReturn-Path: <x>\r\n\r\nFrom x\r\n\rFrom y\r\n");
  ASSERT_TRUE(stream_message(content, form, [&](std::string_view piece) -> Result<void> {
    out += piece;
    return {};
  }));
  EXPECT_EQ(out, "A: b\n\n>From x\n\rFrom y\n");
}

TEST(MessageStream, VeryLongLineKeepsEveryOctet) {
  std::string line(300'000, 'x');
  line[65'535] = '\r';
  StreamForm form;
  form.quote_from = true;
  EXPECT_EQ(streamed("A: b\r\n\r\nFrom " + line + "\r\n", form), "A: b\n\n>From " + line + "\n");
}

TEST(MessageStream, ErrorOfTheSinkEndsTheStream) {
  const auto size = stream_message(
      mail::MemoryContent("A: b\r\n\r\n"), {},
      [](std::string_view) -> Result<void> { return fail(ErrorKind::kNoSpace, "full"); });
  ASSERT_FALSE(size);
  EXPECT_EQ(size.error().kind, ErrorKind::kNoSpace);
}

}  // namespace
}  // namespace postern::delivery
