#include "core/smtp/line_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::smtp {
namespace {

using Status = LineReader::Status;

std::string log_of(std::string_view wire, const LineReaderOptions& options, std::size_t step) {
  LineReader reader(options);
  std::string log;
  for (std::size_t at = 0; at < wire.size(); at += step) {
    std::string_view piece = wire.substr(at, step);
    while (!piece.empty()) {
      switch (reader.feed(piece)) {
        case Status::kNeedMore: break;
        case Status::kLine: log += "[" + std::string(reader.line().substr(0, 20)) + "]"; break;
        case Status::kTooLong: log += "{long}"; break;
        case Status::kBareLf: log += "{lf}"; break;
        case Status::kFatal: return log + "{fatal}";
      }
    }
  }
  return log;
}

TEST(LineReader, SplitsAtCrlfWhateverThePieces) {
  const std::string wire =
      "EHLO a\r\n\r\nMAIL\rx\r\n" + std::string(3000, 'x') + "\r\nNOOP\r\nA\nB\r\nC\r\n";
  for (std::size_t step = 1; step < wire.size(); ++step)
    ASSERT_EQ(log_of(wire, {}, step), "[EHLO a][][MAIL\rx]{long}[NOOP]{lf}[C]") << step;
}

TEST(LineReader, NormalizeTakesBareLfForALineEnd) {
  const LineReaderOptions options{.bare_lf = LineEndPolicy::kNormalize};
  for (const std::size_t step : {1u, 2u, 100u})
    EXPECT_EQ(log_of("A\nB\r\nC\n\n", options, step), "[A][B][C][]");
}

TEST(LineReader, Row097LineOf2048OctetsPasses) {
  const auto line = [](std::size_t n) { return std::string(n - 2, 'x') + "\r\nNOOP\r\n"; };
  const std::string shown = "[" + std::string(20, 'x') + "]";
  for (const std::size_t step : {1u, 7u, 100'000u}) {
    EXPECT_EQ(log_of(line(512), {}, step), shown + "[NOOP]");
    EXPECT_EQ(log_of(line(513), {}, step), shown + "[NOOP]");
    EXPECT_EQ(log_of(line(2047), {}, step), shown + "[NOOP]");
    EXPECT_EQ(log_of(line(2048), {}, step), shown + "[NOOP]");
    EXPECT_EQ(log_of(line(2049), {}, step), "{long}[NOOP]");
  }
}

TEST(LineReader, Row039DiscardIsCapped) {
  const auto line = [](std::size_t n) { return std::string(n - 2, 'x') + "\r\nNOOP\r\n"; };
  for (const std::size_t step : {1u, 1000u, 10'000'000u}) {
    EXPECT_EQ(log_of(line(65535), {}, step), "{long}[NOOP]");
    EXPECT_EQ(log_of(line(65536), {}, step), "{long}[NOOP]");
    EXPECT_EQ(log_of(line(65537), {}, step), "{fatal}");
    EXPECT_EQ(log_of(std::string(4'000'000, 'x'), {}, step), "{fatal}");
  }
  // The cap is for the session, not for one line.
  EXPECT_EQ(log_of(line(40'000) + line(40'000), {}, 512), "{long}[NOOP]{fatal}");
}

TEST(LineReader, KnowsWhetherALineIsUnfinished) {
  LineReader reader;
  std::string_view input = "STARTTLS\r\nEHL";
  EXPECT_EQ(reader.feed(input), Status::kLine);
  EXPECT_FALSE(reader.has_partial_line());
  EXPECT_EQ(input, "EHL");
  EXPECT_EQ(reader.feed(input), Status::kNeedMore);
  EXPECT_TRUE(reader.has_partial_line());
  reader.reset();
  EXPECT_FALSE(reader.has_partial_line());
}

}  // namespace
}  // namespace postern::smtp
