// Real and broken messages: through mail data in and out they stay as they are, octet for octet;
// the header and structure walkers stay inside them and inside their caps, in bounded time.
#include <chrono>

#include "core/base/octets.h"
#include "core/mime/downgrade.h"
#include "core/mime/header_section.h"
#include "core/mime/structure.h"
#include "core/smtp/data_reader.h"
#include "core/smtp/data_writer.h"
#include "tests/conformance/testdata.h"

namespace postern::conformance {
namespace {

constexpr std::string_view kFolders[] = {"mime", "bounces", "dkim"};

void for_each_message(
    const std::filesystem::path& root,
    const std::function<void(const std::string& name, const std::string& message)>& visit) {
  for (const std::string_view folder : kFolders) {
    if (!std::filesystem::exists(root / folder)) continue;
    for (const auto& path : files_below(root / folder)) {
      const auto text = test::read_text(path);
      if (text && !text->empty()) visit(path.lexically_relative(root).string(), with_crlf(*text));
    }
  }
}

std::string through_the_wire(const std::string& message, smtp::DataVerdict& verdict) {
  std::string wire;
  smtp::DataWriter writer({.line_length_limit = 0, .stuff_dots = true});
  writer.append(message, wire);
  writer.finish(wire);
  smtp::DataReader reader({.max_octets = 0});
  std::string out;
  smtp::StringSink sink(out);
  std::string_view rest = wire;
  EXPECT_TRUE(reader.feed(rest, sink));
  EXPECT_TRUE(rest.empty());
  verdict = reader.verdict();
  return out;
}

TEST(Messages, StayAsTheyAreThroughMailData) {
  POSTERN_NEED_TESTDATA(folder, "mime");
  std::size_t count = 0;
  for_each_message(folder.parent_path(), [&](const std::string& name, const std::string& message) {
    smtp::DataVerdict verdict{};
    const std::string once = through_the_wire(message, verdict);
    EXPECT_EQ(verdict, smtp::DataVerdict::kClean) << name;
    EXPECT_TRUE(once == message) << name;
    ++count;
  });
  EXPECT_GT(count, 300u);
}

TEST(Messages, LinesAreFoldedOnlyAboveTheLimit) {
  POSTERN_NEED_TESTDATA(folder, "mime");
  for_each_message(folder.parent_path(), [](const std::string& name, const std::string& message) {
    std::string wire;
    smtp::DataWriter writer({.line_length_limit = 998, .stuff_dots = false});
    writer.append(message, wire);
    writer.finish(wire);
    std::string joined;
    std::size_t begin = 0;
    while (begin < wire.size()) {
      const std::size_t end = wire.find("\r\n", begin);
      ASSERT_NE(end, std::string::npos) << name;
      EXPECT_LE(end - begin, 999u) << name;
      begin = end + 2;
    }
  });
}

TEST(Messages, WalkersStayInsideAndInTime) {
  POSTERN_NEED_TESTDATA(folder, "mime");
  for_each_message(folder.parent_path(), [](const std::string& name, const std::string& message) {
    const auto begin = std::chrono::steady_clock::now();
    const auto section = mime::HeaderSection::parse(message);
    EXPECT_LE(section.body_offset(), message.size()) << name;
    const auto structure = mime::walk_structure(message);
    ASSERT_FALSE(structure.parts.empty()) << name;
    EXPECT_LE(structure.parts.size(), mime::StructureLimits{}.max_parts) << name;
    for (const mime::Part& part : structure.parts) {
      EXPECT_LE(part.body.begin, part.body.end) << name;
      EXPECT_LE(part.body.end, message.size()) << name;
      EXPECT_LE(part.depth, mime::StructureLimits{}.max_depth) << name;
    }
    const auto down = mime::downgrade_to_seven_bit(message);
    if (!has_8bit(message)) {
      EXPECT_EQ(down.encoded_parts, 0u) << name;
    } else if (down.is_seven_bit && !down.header_has_8bit) {
      EXPECT_FALSE(has_8bit(down.message)) << name;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    EXPECT_LT(took.count(), 5.0) << name;
  });
}

}  // namespace
}  // namespace postern::conformance
