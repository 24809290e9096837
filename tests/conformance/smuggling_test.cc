// End-of-data look-alikes that some server takes for the end (SMTP smuggling): one message or a
// refusal, never two, whatever the policy and however the network cuts the octets.
#include "core/smtp/data_reader.h"
#include "core/smtp/data_writer.h"
#include "tests/conformance/testdata.h"

namespace postern::conformance {
namespace {

std::string decode_base64(std::string_view text) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0, held = 0;
  for (const char c : text) {
    const auto digit = kDigits.find(c);
    if (digit == std::string_view::npos) break;
    bits = bits << 6 | static_cast<unsigned>(digit);
    held += 6;
    if (held >= 8) out.push_back(static_cast<char>(bits >> (held -= 8)));
  }
  return out;
}

struct LookAlike {
  std::string name;
  std::string octets;
};

std::vector<LookAlike> look_alikes(const std::filesystem::path& file) {
  std::vector<LookAlike> out;
  for (const std::string& line : lines_of(file)) {
    if (line.empty() || line.front() == '#') continue;
    const auto first = line.find('\t');
    const auto second = line.find('\t', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    out.push_back(
        {line.substr(0, first), decode_base64(line.substr(first + 1, second - first - 1))});
  }
  return out;
}

TEST(Smuggling, LookAlikeEndsNoMailData) {
  POSTERN_NEED_TESTDATA(folder, "smtp-wire/smuggling-eod.tsv");
  const auto cases = look_alikes(folder);
  ASSERT_GE(cases.size(), 8u);
  for (const LookAlike& each : cases) {
    const std::string smuggled =
        "MAIL FROM:<admin@victim.example>\r\nRCPT TO:<b@victim.example>\r\nDATA\r\nsecond";
    const std::string before = "Subject: first\r\n\r\nfirst";
    const std::string wire = before + each.octets + smuggled + "\r\n.\r\n";
    // Two of them hold a true end behind a NUL; there, and only there, it may end.
    const std::size_t true_end = wire.find("\r\n.\r\n") + 5;
    for (const auto lf : {smtp::LineEndPolicy::kReject, smtp::LineEndPolicy::kNormalize}) {
      for (const auto cr : {smtp::LineEndPolicy::kReject, smtp::LineEndPolicy::kNormalize}) {
        for (std::size_t cut = 1; cut <= wire.size(); ++cut) {
          smtp::DataReader reader({.bare_lf = lf, .bare_cr = cr});
          std::string content;
          smtp::StringSink sink(content);
          std::size_t taken = 0;
          bool ended = false;
          while (!ended && taken < wire.size()) {
            std::string_view piece = std::string_view(wire).substr(taken, cut);
            const std::size_t size = piece.size();
            ended = reader.feed(piece, sink);
            taken += size - piece.size();
          }
          ASSERT_TRUE(ended) << each.name;
          ASSERT_EQ(taken, true_end) << each.name << " cut into " << cut;
          if (reader.verdict() != smtp::DataVerdict::kClean) continue;
          // Taken as one message: the next hop must see one too.
          std::string sent;
          smtp::DataWriter writer;
          writer.append(content, sent);
          writer.finish(sent);
          ASSERT_EQ(sent.find("\r\n.\r\n"), sent.size() - 5) << each.name;
          for (std::size_t i = 0; i < sent.size(); ++i) {
            const bool is_line_end = sent.substr(i, 2) == "\r\n";
            if (sent[i] == '\r') {
              ASSERT_TRUE(is_line_end) << each.name;
            }
            if (sent[i] == '\n') {
              ASSERT_TRUE(i > 0 && sent[i - 1] == '\r') << each.name;
            }
          }
        }
      }
    }
  }
}

TEST(Smuggling, StrangersLookAlikeIsRefusedByDefault) {
  POSTERN_NEED_TESTDATA(folder, "smtp-wire/smuggling-eod.tsv");
  for (const LookAlike& each : look_alikes(folder)) {
    const std::string wire = "a" + each.octets + "b\r\n.\r\n";
    if (wire.find("\r\n.\r\n") + 5 != wire.size()) continue;
    smtp::DataReader reader;
    std::string content;
    smtp::StringSink sink(content);
    std::string_view rest = wire;
    ASSERT_TRUE(reader.feed(rest, sink)) << each.name;
    const bool has_stray = each.octets != std::string("\r\n.\0\r\n", 6);
    EXPECT_EQ(reader.verdict() != smtp::DataVerdict::kClean, has_stray) << each.name;
  }
}

}  // namespace
}  // namespace postern::conformance
