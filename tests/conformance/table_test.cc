// Postfix's own table tests: the same keys give the same values.  Where its transcript ("> get
// key", then "key=value" or "key: not found") is there it is the reference, otherwise Debian's
// postmap -q is asked; warnings are compared by nobody: their wording is ours.
#include <sys/wait.h>

#include <cstdio>
#include <map>
#include <optional>

#include "core/maps/table.h"
#include "tests/conformance/testdata.h"

namespace postern::conformance {
namespace {

using Answers = std::vector<std::pair<std::string, std::optional<std::string>>>;

Answers transcript(const std::filesystem::path& file) {
  Answers out;
  const auto lines = lines_of(file);
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    if (!lines[i].starts_with("> get ")) continue;
    const std::string key = lines[i].substr(6);
    const std::string& answer = lines[i + 1];
    if (answer == key + ": not found")
      out.emplace_back(key, std::nullopt);
    else if (answer.starts_with(key + "="))
      out.emplace_back(key, answer.substr(key.size() + 1));
  }
  return out;
}

// nullopt: postmap is not here.
std::optional<Answers> ask_postmap(const std::string& table, const std::filesystem::path& input) {
  Answers out;
  for (const std::string& line : lines_of(input)) {
    if (!line.starts_with("get ")) continue;
    const std::string key = line.substr(4);
    const std::string command =
        "postmap -c /etc/postfix -q '" + key + "' '" + table + "' 2>/dev/null";
    FILE* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) return std::nullopt;
    std::string answer;
    char buffer[4096];
    while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, pipe))
      answer.append(buffer, got);
    const int status = ::pclose(pipe);
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) return std::nullopt;
    if (answer.ends_with('\n')) answer.pop_back();
    // An empty value prints nothing and exits with 0.
    out.emplace_back(key, WEXITSTATUS(status) == 0 ? std::optional(answer) : std::nullopt);
  }
  return out;
}

void expect_same(const std::string& table, const Answers& answers) {
  const auto opened = maps::open_table(table);
  ASSERT_TRUE(opened) << table << ": " << opened.error().describe();
  for (const auto& [key, wanted] : answers) {
    const auto found = (*opened)->lookup(key);
    ASSERT_TRUE(found) << table << " " << key << ": " << found.error().describe();
    EXPECT_EQ(*found, wanted) << table << ", key " << key;
  }
}

constexpr const char* kUtil = "postfix-tests/vdukhovni+postfix/util";

TEST(Tables, RegexpAsInPostfixsTranscript) {
  POSTERN_NEED_TESTDATA(folder, kUtil);
  const Answers answers = transcript(folder / "dict_regexp.ref");
  ASSERT_GT(answers.size(), 8u);
  expect_same("regexp:" + (folder / "dict_regexp.map").string(), answers);
}

TEST(Tables, PcreAsDebiansPostmap) {
  POSTERN_NEED_TESTDATA(folder, kUtil);
  const std::string table = "pcre:" + (folder / "dict_pcre.map").string();
  const auto answers = ask_postmap(table, folder / "dict_pcre.in");
  if (!answers) GTEST_SKIP() << "postmap with pcre is not installed (postfix-pcre)";
  expect_same(table, *answers);
}

TEST(Tables, CidrAsDebiansPostmap) {
  POSTERN_NEED_TESTDATA(folder, kUtil);
  const std::string table = "cidr:" + (folder / "dict_cidr.map").string();
  const auto answers = ask_postmap(table, folder / "dict_cidr.in");
  if (!answers) GTEST_SKIP() << "postmap is not installed (postfix)";
  ASSERT_GT(answers->size(), 20u);
  expect_same(table, *answers);
}

TEST(Tables, TexthashHoldsEveryKeyOfItsSource) {
  POSTERN_NEED_TESTDATA(folder, kUtil);
  const auto table = maps::open_table("texthash:" + (folder / "dict_thash.map").string());
  ASSERT_TRUE(table) << table.error().describe();
  // Quotes are part of the key, as postmap stores it.
  EXPECT_EQ((*table)->lookup("\"the answer is\"")->value_or(""), "42");
  EXPECT_EQ((*table)->lookup("allascii.c")->value_or(""), "915");
  EXPECT_EQ((*table)->lookup("ALLASCII.C")->value_or(""), "915");
  EXPECT_EQ((*table)->lookup("the")->value_or(""), "answer is 42");
  EXPECT_EQ(*(*table)->lookup("nothing"), std::nullopt);
}

TEST(Tables, InlineAndStaticAsInPostfixsTranscript) {
  POSTERN_NEED_TESTDATA(folder, kUtil);
  for (const char* bad : {"inline:{ }", "inline:{ foo = xx }", "inline:{ foo=xx }x",
                          "inline:{ foo=xx x", "static:{ foo xx ", "static:{ foo xx }x"})
    EXPECT_FALSE(maps::open_table(bad)) << bad;
  expect_same("inline:{ foo=XX, { bar = lotsa stuff }}",
              {{"foo", "XX"}, {"bar", "lotsa stuff"}, {"baz", std::nullopt}});
  expect_same("static:fooxx", {{"foo", "fooxx"}, {"bar", "fooxx"}});
  expect_same("static:{ foo xx }", {{"foo", "foo xx"}});
}

}  // namespace
}  // namespace postern::conformance
