#include "core/smtp/data_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace postern::smtp {
namespace {

using namespace std::string_literals;

struct Outcome {
  bool ended = false;
  DataVerdict verdict = DataVerdict::kClean;
  std::string octets;
  std::string left;  // what follows the end
  bool operator==(const Outcome&) const = default;
};

// `cuts`: where the input is cut into calls, rising.
Outcome read_data(std::string_view wire, const DataReaderOptions& options,
                  const std::vector<std::size_t>& cuts = {}) {
  Outcome out;
  DataReader reader(options);
  StringSink sink(out.octets);
  std::size_t start = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t stop = i < cuts.size() ? cuts[i] : wire.size();
    std::string_view piece = wire.substr(start, stop - start);
    if (!out.ended) out.ended = reader.feed(piece, sink);
    out.left += piece;
    start = stop;
  }
  out.verdict = reader.verdict();
  if (out.verdict != DataVerdict::kClean) out.octets.clear();  // never kept
  return out;
}

std::vector<std::size_t> every_octet(std::size_t size) {
  std::vector<std::size_t> cuts;
  for (std::size_t i = 1; i < size; ++i)
    cuts.push_back(i);
  return cuts;
}

const DataReaderOptions kReject{};
const DataReaderOptions kNormalize{.bare_lf = LineEndPolicy::kNormalize,
                                   .bare_cr = LineEndPolicy::kNormalize};

struct Form {
  const char* row;
  std::string octets;
};
const std::vector<Form> kForms = {
    {"001", "\n.\n"s},       {"002", "\n.\r"s},       {"003", "\r.\n"s},
    {"004", "\r.\r"s},       {"005", "\n.\r\n"s},     {"006", "\r\n.\n"s},
    {"007", "\r.\r\n"s},     {"008", "\r\n.\r"s},     {"009", "\r\n\0.\r\n"s},
    {"010", "\r\n.\0\r\n"s}, {"011", "\r\n.\r\r\n"s}, {"012", "\r\r\n.\r\r\n"s}};

const std::string kSecond = "MAIL FROM:<x@y>\r\nRCPT TO:<z@y>\r\nDATA\r\nsecond\r\n";

std::string smuggling(const Form& form) {
  return "a: b\r\n\r\nfirst" + form.octets + kSecond + ".\r\n";
}

TEST(DataReader, EndsAtCrlfDotCrlfOnly) {
  const auto out = read_data("a\r\n.\r\nQUIT\r\n", kReject);
  EXPECT_TRUE(out.ended);
  EXPECT_EQ(out.octets, "a\r\n");
  EXPECT_EQ(out.left, "QUIT\r\n");
  EXPECT_EQ(read_data(".\r\n", kReject), (Outcome{true, DataVerdict::kClean, "", ""}));
}

TEST(DataReader, Row001To012LookAlikesEndNothing) {
  for (const Form& form : kForms) {
    const auto strict = read_data(smuggling(form), kReject);
    EXPECT_TRUE(strict.ended) << form.row;
    EXPECT_EQ(strict.left, "") << form.row;
    const bool only_nul = form.row == "009"s || form.row == "010"s;
    EXPECT_EQ(strict.verdict == DataVerdict::kClean, only_nul) << form.row;
    const auto loose = read_data(smuggling(form), kNormalize);
    EXPECT_TRUE(loose.ended) << form.row;
    EXPECT_EQ(loose.left, "") << form.row;
    EXPECT_EQ(loose.verdict, DataVerdict::kClean) << form.row;
    EXPECT_NE(loose.octets.find(kSecond), std::string::npos) << form.row;
    for (std::size_t i = 0; i < loose.octets.size(); ++i) {
      if (loose.octets[i] == '\n') {
        EXPECT_TRUE(i > 0 && loose.octets[i - 1] == '\r') << form.row;
      }
      if (loose.octets[i] == '\r') {
        EXPECT_TRUE(i + 1 < loose.octets.size() && loose.octets[i + 1] == '\n') << form.row;
      }
    }
  }
}

TEST(DataReader, Row013VerdictIsTheSameAtEverySplit) {
  for (const Form& form : kForms) {
    for (const auto& options : {kReject, kNormalize}) {
      const std::string wire = smuggling(form) + "NOOP\r\n";
      const auto whole = read_data(wire, options);
      EXPECT_EQ(read_data(wire, options, every_octet(wire.size())), whole) << form.row;
      for (std::size_t a = 1; a < wire.size(); ++a) {
        ASSERT_EQ(read_data(wire, options, {a}), whole) << form.row << " at " << a;
        for (std::size_t b = a + 1; b < std::min(wire.size(), a + 6); ++b)
          ASSERT_EQ(read_data(wire, options, {a, b}), whole) << form.row << " at " << a << "," << b;
      }
    }
  }
}

TEST(DataReader, Row014VerdictIsTheSameAcrossBufferEdges) {
  for (const Form& form : kForms) {
    for (const std::size_t edge : {4096u, 8192u, 16384u, 65536u}) {
      for (int offset = -16; offset <= 3; ++offset) {
        std::string wire;
        while (wire.size() + 80 < edge)
          wire += std::string(70, 'x') + "\r\n";
        wire += std::string(edge + static_cast<std::size_t>(offset + 0) - wire.size(), 'y');
        wire += form.octets + kSecond + ".\r\n";
        for (const auto& options : {kReject, kNormalize}) {
          const auto whole = read_data(wire, options);
          ASSERT_TRUE(whole.ended);
          ASSERT_EQ(whole.left, "");
          ASSERT_EQ(read_data(wire, options, {edge}), whole) << form.row << " " << edge << offset;
        }
      }
    }
  }
}

TEST(DataReader, RandomOctetsAreTheSameAtRandomSplits) {
  std::mt19937 random(20240601);
  const std::string alphabet = "\r\n.ax\0\xC3"s;
  for (int round = 0; round < 20'000; ++round) {
    std::string wire(random() % 40, ' ');
    for (char& c : wire)
      c = alphabet[random() % alphabet.size()];
    DataReaderOptions options = random() % 2 ? kReject : kNormalize;
    options.reject_nul = random() % 2;
    options.max_octets = random() % 3 ? 0 : 10;
    options.max_line_octets = random() % 3 ? 0 : 5;
    std::vector<std::size_t> cuts;
    for (std::size_t i = 1; i < wire.size(); ++i)
      if (random() % 3 == 0) cuts.push_back(i);
    ASSERT_EQ(read_data(wire, options, cuts), read_data(wire, options))
        << testing::PrintToString(wire);
  }
}

TEST(DataReader, Row020DotsAreUnstuffed) {
  const std::string line = "." + std::string(997, 'z') + "\r\n";
  const auto out = read_data("...\r\n..\r\n.. x\r\n." + line + ".x\r\n.\r\n", kReject);
  EXPECT_EQ(out.octets, "..\r\n.\r\n. x\r\n" + line + "x\r\n");
  EXPECT_EQ(out.verdict, DataVerdict::kClean);
}

TEST(DataReader, Row021UnfinishedDataNeverEnds) {
  for (const std::string& wire : {"a\r\n."s, "a\r\n.\r"s, "a\r\n"s, ""s, "a"s, "."s, ".\r"s})
    EXPECT_FALSE(read_data(wire, kReject).ended) << wire;
}

TEST(DataReader, Row017NormalisesForListedPeers) {
  EXPECT_EQ(read_data("a\nb\rc\r\n..d\n..e\n.\nf\r\n.\r\n", kNormalize).octets,
            "a\r\nb c\r\n.d\r\n.e\r\n.\r\nf\r\n");
}

TEST(DataReader, Row023NulPassesOrIsRefused) {
  EXPECT_EQ(read_data("a\0b\r\n.\r\n"s, kReject).octets, "a\0b\r\n"s);
  EXPECT_EQ(read_data("a\0b\r\n.\r\n"s, {.reject_nul = true}).verdict, DataVerdict::kNul);
}

TEST(DataReader, SizeLimitIsExact) {
  const DataReaderOptions options{.max_octets = 1000};
  const auto of_size = [](std::size_t n) { return std::string(n - 2, 'x') + "\r\n.\r\n"; };
  EXPECT_EQ(read_data(of_size(999), options).verdict, DataVerdict::kClean);
  EXPECT_EQ(read_data(of_size(1000), options).verdict, DataVerdict::kClean);
  EXPECT_EQ(read_data(of_size(1001), options).verdict, DataVerdict::kTooBig);
  const auto huge = read_data(of_size(1'000'000), options, {500, 999});
  EXPECT_EQ(huge.verdict, DataVerdict::kTooBig);
  EXPECT_TRUE(huge.ended);
}

TEST(DataReader, Row099LongLinesAreCountedOrRefused) {
  for (const std::size_t size : {998u, 999u, 1'000'000u, 10'000'000u}) {
    const std::string wire = std::string(size, 'x') + "\r\n.\r\n";
    std::string octets;
    StringSink sink(octets);
    DataReader reader({.max_octets = 0});
    std::string_view input = wire;
    ASSERT_TRUE(reader.feed(input, sink));
    EXPECT_EQ(octets.size(), size + 2);
    EXPECT_EQ(reader.lines_over_998(), size > 998 ? 1u : 0u);
    const auto strict = read_data(wire, {.max_octets = 0, .max_line_octets = 998});
    EXPECT_EQ(strict.verdict, size > 998 ? DataVerdict::kLineTooLong : DataVerdict::kClean);
  }
}

TEST(DataReader, TellsEightBitContent) {
  std::string octets;
  StringSink sink(octets);
  DataReader reader;
  std::string_view input = "a\xC3\xBC\r\n.\r\n";
  reader.feed(input, sink);
  EXPECT_TRUE(reader.has_8bit());
}

Outcome read_chunks(const std::vector<std::string>& chunks, const DataReaderOptions& options) {
  Outcome out;
  BdatReader reader(options);
  StringSink sink(out.octets);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    reader.begin_chunk(chunks[i].size(), i + 1 == chunks.size());
    const std::string wire = chunks[i] + "NOOP";
    std::string_view input = wire;
    EXPECT_TRUE(reader.feed(input, sink));
    EXPECT_EQ(input, "NOOP");
  }
  out.ended = true;
  out.verdict = reader.verdict();
  if (out.verdict != DataVerdict::kClean) out.octets.clear();
  return out;
}

TEST(BdatReader, Row015LookAlikesInChunksAreContent) {
  for (const Form& form : kForms) {
    const std::string wire = "first" + form.octets + kSecond;
    for (const auto& options : {kReject, kNormalize}) {
      const auto whole = read_chunks({wire}, options);
      for (std::size_t a = 0; a <= wire.size(); ++a)
        ASSERT_EQ(read_chunks({wire.substr(0, a), wire.substr(a)}, options), whole) << form.row;
    }
    EXPECT_EQ(read_chunks({wire}, kNormalize).verdict, DataVerdict::kClean);
  }
  EXPECT_EQ(read_chunks({"a\r\n.\r\n..b\r\n"}, kReject).octets, "a\r\n.\r\n..b\r\n");
  EXPECT_EQ(read_chunks({"a\nb\r\n"}, kReject).verdict, DataVerdict::kBareLf);
  EXPECT_EQ(read_chunks({"a\r", "b\r\n"}, kReject).verdict, DataVerdict::kBareCr);
}

TEST(BdatReader, LastLineIsCompleted) {
  EXPECT_EQ(read_chunks({"a\r\nb"}, kReject).octets, "a\r\nb\r\n");
  EXPECT_EQ(read_chunks({"a\r\nb\r\n", ""}, kReject).octets, "a\r\nb\r\n");
  EXPECT_EQ(read_chunks({""}, kReject).octets, "");
  EXPECT_EQ(read_chunks({"a\r", ""}, kReject).verdict, DataVerdict::kBareCr);
}

}  // namespace
}  // namespace postern::smtp
