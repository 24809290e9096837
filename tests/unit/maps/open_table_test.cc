#include <gtest/gtest.h>

#include "core/maps/regex.h"
#include "core/maps/substitution.h"
#include "core/maps/table_list.h"
#include "tests/support/temp_dir.h"

namespace postern::maps {
namespace {

using postern::testing::TempDir;

TEST(OpenTable, MistakesAreNamedWithARemedy) {
  for (const auto text : {"", "hash", ":x", "hash:", "nosuch:x", "/etc/aliases"}) {
    const auto table = open_table(text);
    ASSERT_FALSE(table) << text;
    EXPECT_EQ(table.error().kind, ErrorKind::kInvalid) << text;
  }
  EXPECT_NE(open_table("mysql:/etc/x").error().context.find("lmdb:"), std::string::npos);
  EXPECT_NE(open_table("tcp:host:1").error().context.find("not supported"), std::string::npos);
}

TEST(OpenTable, NestingIsBounded) {
  std::string name = "static:x";
  TableOptions options;
  options.max_nesting = 3;
  for (int depth = 1; depth <= 4; ++depth) {
    name = "unionmap:{" + name + "}";
    EXPECT_EQ(open_table(name, options).has_value(), depth <= 3) << depth;
  }
  for (int depth = 0; depth < 3000; ++depth)
    name = "unionmap:{" + name + "}";
  EXPECT_EQ(open_table(name, options).error().kind, ErrorKind::kLimit);
}

TEST(OpenTable, ATableThatIsDownIsNeverANo) {
  for (const auto name : {"fail:x", "unionmap:{static:a, fail:x}", "pipemap:{static:a, fail:x}"}) {
    const auto table = open_table(name);
    ASSERT_TRUE(table) << name;
    EXPECT_FALSE((*table)->lookup("k")) << name;
  }
  const auto list = TableList::open("inline:{a=1}, fail:x");
  ASSERT_TRUE(list);
  EXPECT_EQ(list->lookup("a")->value_or(""), "1");
  EXPECT_FALSE(list->lookup("b"));
  EXPECT_FALSE(list->contains("b"));
}

TEST(TableListTest, EmptyValuesAreMistakes) {
  const auto list = TableList::open("inline:{ {a = } }");
  if (!list) return;  // refused when opened: as good
  const auto found = list->lookup("a");
  EXPECT_TRUE(!found || !found->has_value());
}

TEST(TableListTest, PatternsSeeWholeKeysOnly) {
  const TempDir dir;
  const auto list = TableList::open("regexp:" + dir.write("r", "/./ hit\n"));
  ASSERT_TRUE(list);
  EXPECT_EQ(list->lookup("x")->value_or("none"), "hit");
  EXPECT_EQ(list->lookup("x", true)->value_or("none"), "none");
  EXPECT_FALSE(*list->contains("x", true));
}

TEST(RegexTest, NoPatternRunsAway) {
  TableOptions options;
  const auto regex = compile_perl_regex("^(a+)+$", "", options);
  ASSERT_TRUE(regex);
  std::string warning;
  EXPECT_FALSE((*regex)->matches(std::string(5000, 'a') + "!", nullptr, &warning));
  EXPECT_FALSE(warning.empty());
}

TEST(RegexTest, FlagsToggle) {
  const TableOptions options;
  EXPECT_TRUE((*compile_perl_regex("abc", "", options))->matches("xABCx", nullptr, nullptr));
  EXPECT_FALSE((*compile_perl_regex("abc", "i", options))->matches("xABCx", nullptr, nullptr));
  EXPECT_TRUE((*compile_posix_regex("a(b|c)", ""))->matches("AC", nullptr, nullptr));
  EXPECT_FALSE(compile_posix_regex("a(", ""));
  EXPECT_FALSE(compile_perl_regex("a(", "", options));
  EXPECT_FALSE(compile_perl_regex("a", "Q", options));
}

TEST(SubstitutionTest, GroupsAndLimits) {
  const auto plain = Substitution::parse("a$1b${2}c$(1)$$");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->highest_group(), 2u);
  EXPECT_EQ(*plain->expand({"all", "x", "y"}, 100), "axbycx$");
  EXPECT_FALSE(Substitution::parse("$x"));
  EXPECT_FALSE(Substitution::parse("${1"));
  const auto doubled = Substitution::parse("$1$1");
  const std::string value(50, 'x');
  EXPECT_TRUE(doubled->expand({value, value}, 101));
  EXPECT_TRUE(doubled->expand({value, value}, 100));
  EXPECT_EQ(doubled->expand({value, value}, 99).error().kind, ErrorKind::kLimit);
  const std::string large(100'000, 'x');
  EXPECT_FALSE(doubled->expand({large, large}, 100));
}

TEST(SubstitutionTest, Row095ASubjectIsNotExpandedAgain) {
  EXPECT_EQ(*Substitution::parse("<$1>")->expand({"", "$1${1}$$"}, 100), "<$1${1}$$>");
}

}  // namespace
}  // namespace postern::maps
