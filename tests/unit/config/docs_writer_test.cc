#include "core/config/docs_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/config/params.h"
#include "tests/support/checkout.h"
#include "tests/unit/config/test_site.h"

namespace postern::config {
namespace {

using ::testing::HasSubstr;

// POSTERN_WRITE_REFERENCE=1 writes the files instead: the way to renew them.
void expect_checked_in(const char* name, const std::string& text) {
  const auto path = postern::test::checkout_root() / "deploy" / "reference" / name;
  if (std::getenv("POSTERN_WRITE_REFERENCE")) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  EXPECT_TRUE(postern::test::read_text(path) == text)
      << path << " is not what the declarations say: run this test once with "
      << "POSTERN_WRITE_REFERENCE=1 and commit the file";
}

TEST(DocsWriter, CheckedInReferenceAgreesWithTheCode) {
  expect_checked_in("parameters.md", reference_markdown());
}

TEST(DocsWriter, CheckedInSampleAgreesWithTheCode) {
  expect_checked_in("main.cf.sample", sample_main_cf());
}

TEST(DocsWriter, EveryParameterHasAText) {
  const std::string page = reference_markdown();
  for (const Parameter* each : all_parameters()) {
    const ParameterSpec& spec = each->spec();
    EXPECT_GT(spec.text.size(), 15u) << spec.name;
    EXPECT_TRUE(spec.text.ends_with('.')) << spec.name;
    EXPECT_FALSE(each->area().empty()) << spec.name;
    EXPECT_THAT(page, HasSubstr("### " + std::string(spec.name) + "\n"));
  }
}

TEST(DocsWriter, EveryExampleIsAGoodValue) {
  for (const Parameter* each : all_parameters()) {
    const ParameterSpec& spec = each->spec();
    if (spec.example.empty()) continue;
    const std::string line = fmt::format("{} = {}\n", spec.name, spec.example);
    const Loaded loaded = test::load(line);
    for (const Diagnostic& item : loaded.diagnostics.items())
      EXPECT_FALSE(item.parameter == spec.name && item.severity == Severity::kError)
          << item.describe();
  }
}

// With every # taken away the sample sets each parameter to its default, so nothing changes.
TEST(DocsWriter, SampleInForceIsTheDefaultConfiguration) {
  std::string text;
  const std::string sample = sample_main_cf();
  for (std::string_view rest = sample; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    if (line.starts_with('#') && !line.starts_with("# ")) line.remove_prefix(1);
    const std::string_view name = line.substr(0, line.find(' '));
    // These the host decides; an empty value would be another configuration.
    if (name == "myhostname" || name == "mydomain" || name == "mynetworks") continue;
    text += std::string(line) + "\n";
  }
  const Loaded all = test::load(text);
  const Loaded none = test::load("");
  EXPECT_EQ(all.diagnostics.describe(), "");
  for (const Parameter* each : all_parameters())
    EXPECT_EQ(all.tolerant.expanded(each->name()), none.tolerant.expanded(each->name()))
        << each->name();
}

TEST(DocsWriter, WrapsAtTheWidth) {
  EXPECT_EQ(wrapped("aa bb  cc", "# ", 7), "# aa bb\n# cc\n");
  EXPECT_EQ(wrapped("aa bb", "# ", 6), "# aa\n# bb\n");
  EXPECT_EQ(wrapped("", "# ", 7), "");
  EXPECT_EQ(wrapped("long-word a", "", 4), "long-word\na\n");
}

}  // namespace
}  // namespace postern::config
