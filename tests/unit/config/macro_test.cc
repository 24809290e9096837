#include "core/config/macro.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace postern::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Names = std::map<std::string, std::string, std::less<>>;

Result<std::string> expand_with(const Names& names, std::string_view text,
                                const ExpandLimits& limits = {}) {
  return expand(
      text,
      [&](std::string_view name) -> std::optional<std::string_view> {
        const auto found = names.find(name);
        if (found == names.end()) return std::nullopt;
        return found->second;
      },
      limits);
}

struct Case {
  std::string_view text;
  std::string_view expected;
};

TEST(Macro, Values) {
  const Names names = {{"name1", "name1-value"}, {"empty", ""}, {"two", "<$name1>"}};
  for (const Case& each : std::initializer_list<Case>{{"$name1", "name1-value"},
                                                      {"$(name1)", "name1-value"},
                                                      {"${ name1 }", "name1-value"},
                                                      {"$two${two}", "<name1-value><name1-value>"},
                                                      {"a$name1-b", "aname1-value-b"},
                                                      {"$undefined|", "|"},
                                                      {"$$name1 $$$$", "$name1 $$"},
                                                      {"${name1?yes, $name1}", "yes, name1-value"},
                                                      {"${name1:no}", ""},
                                                      {"${empty:no $name1}", "no name1-value"},
                                                      {"${undefined:no}", "no"},
                                                      {"${name1?{ a }:{b}}", " a "},
                                                      {"${empty ? {a} : {b}}", "b"},
                                                      {"${name1?{a}:b c}", "a"},
                                                      {"${empty?{a}: b c}", " b c"},
                                                      {"${name1?? a}", "? a"},
                                                      {"${name1?a:b}", "a:b"},
                                                      {"$(name1?x)", "x"}})
    EXPECT_EQ(expand_with(names, each.text).value_or("error"), each.expected) << each.text;
}

TEST(Macro, Comparisons) {
  const Names names = {{"level", "3.6"}, {"n", "10"}};
  for (const Case& each :
       std::initializer_list<Case>{{"${{$n} > {9}}", "true"},
                                   {"${{$n} < {9}}", ""},
                                   {"${{10} == {010} ? {a} : {b}}", "a"},
                                   {"${{10x} < {9x} ? {a} : {b}}", "a"},
                                   {"${{-1} < {1} ? {a} : {b}}", "a"},
                                   {"${{a} != {} ? {$n}}", "10"},
                                   {"${{a} == {}:{$n}}", "10"},
                                   {"${{$level} <level {3.10} ? {old} : {new}}", "old"},
                                   {"${{$level} >=level {3.6} ? {new} : {old}}", "new"},
                                   {"${{a} == {b} ? {x} : {${{c} == {c} ? {y} : {z}}}}", "y"}})
    EXPECT_EQ(expand_with(names, each.text).value_or("error"), each.expected) << each.text;
}

TEST(Macro, SyntaxErrors) {
  for (std::string_view text :
       {"$", "a $ b", "${}", "${name", "$(name", "${na me}", "${name-x}", "${{text}}",
        "${{a} = {b}}", "${{a} ==x {b}}", "${{a} == b}", "${{a} == {b}?{x}y}", "${a?{b}?{c}}",
        "${a:{b}:{c}}", "${{3.6} <level {x}}", "${{a} == {b}x{c}}", "${{a} >=length {b}}"}) {
    const auto result = expand_with({}, text);
    EXPECT_FALSE(result) << text << " -> " << *result;
  }
}

TEST(Macro, LoopsAreNamed) {
  const Names names = {{"a", "x$b"}, {"b", "${c}"}, {"c", "$a"}};
  const auto result = expand_with(names, "$a");
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().context, HasSubstr("$a -> $b -> $c -> $a"));
}

// Each name doubles the one before: 2^n octets, or 2^n steps to nothing.
TEST(Macro, GrowthIsBounded) {
  Names names = {{"x0", "0123456789"}, {"y0", ""}};
  for (int i = 1; i < 60; ++i) {
    const std::string last = std::to_string(i - 1);
    names["x" + std::to_string(i)] = "$x" + last + "$x" + last;
    names["y" + std::to_string(i)] = "$y" + last + "$y" + last;
  }
  for (const char* text : {"$x59", "$y59"}) {
    const auto result = expand_with(names, text);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::kLimit);
  }
}

TEST(Macro, DepthAtItsLimit) {
  const ExpandLimits limits{.max_depth = 10};
  const auto chain = [](int length) {
    Names names = {{"n0", "end"}};
    for (int i = 1; i <= length; ++i)
      names["n" + std::to_string(i)] = "$n" + std::to_string(i - 1);
    return names;
  };
  EXPECT_TRUE(expand_with(chain(8), "$n8", limits));
  EXPECT_TRUE(expand_with(chain(9), "$n9", limits));
  EXPECT_FALSE(expand_with(chain(10), "$n10", limits));
  EXPECT_FALSE(expand_with(chain(10000), "$n10000", limits));
  std::string nested(100'000, '{');
  EXPECT_FALSE(expand_with({}, "$" + nested));
}

TEST(Macro, SizeAtItsLimit) {
  const ExpandLimits limits{.max_bytes = 10};
  EXPECT_TRUE(expand_with({}, "123456789", limits));
  EXPECT_TRUE(expand_with({}, "1234567890", limits));
  EXPECT_FALSE(expand_with({}, "12345678901", limits));
  EXPECT_FALSE(expand_with({}, std::string(10'000, 'x'), limits));
}

TEST(Macro, StepsAtTheirLimit) {
  const ExpandLimits limits{.max_steps = 10};
  for (const auto& [count, good] : std::initializer_list<std::pair<int, bool>>{
           {9, true}, {10, true}, {11, false}, {10'000, false}}) {
    std::string text;
    for (int i = 0; i < count; ++i)
      text += "$e";
    EXPECT_EQ(bool(expand_with({{"e", ""}}, text, limits)), good) << count;
  }
}

TEST(Macro, References) {
  std::vector<std::string> found;
  for_each_reference("$a ${b?{$c}:{${d:e}}} ${{$f} == {$g} ? {$h}} $$i",
                     [&](std::string_view name, bool tested) {
                       found.push_back(std::string(name) + (tested ? "?" : ""));
                     });
  EXPECT_THAT(found, ElementsAre("a", "b?", "c", "d?", "f", "g", "h"));
}

}  // namespace
}  // namespace postern::config
