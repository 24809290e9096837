#include "core/delivery/local/alias_value.h"

#include <gtest/gtest.h>

namespace postern::delivery {
namespace {

using Kind = AliasTarget::Kind;

// "kind:text" of each target, joined by " / "; the error's kind where there is one.
std::string parsed(std::string_view text, bool is_file = false, std::size_t limit = 1000) {
  const auto targets = parse_targets(text, limit, is_file);
  if (!targets) return std::string(to_string(targets.error().kind));
  std::string out;
  for (const auto& each : *targets) {
    if (!out.empty()) out += " / ";
    out += each.kind == Kind::kAddress   ? "a:"
           : each.kind == Kind::kCommand ? "c:"
           : each.kind == Kind::kFile    ? "f:"
                                         : "i:";
    out += each.text;
    if (each.stops_expansion) out += " stops";
  }
  return out;
}

TEST(AliasValue, EveryKindOfTarget) {
  EXPECT_EQ(parsed("joe, ann@example.com"), "a:joe / a:ann@example.com");
  EXPECT_EQ(parsed("\\joe"), "a:joe stops");
  EXPECT_EQ(parsed("/var/mail/archive"), "f:/var/mail/archive");
  EXPECT_EQ(parsed(":include:/etc/list, :INCLUDE:/x"), "i:/etc/list / i:/x");
  EXPECT_EQ(parsed("|/usr/bin/vacation joe"), "c:/usr/bin/vacation joe");
}

TEST(AliasValue, QuotesHoldCommandsTogether) {
  EXPECT_EQ(parsed("\"|/bin/x -a, -b\""), "c:/bin/x -a, -b");
  EXPECT_EQ(parsed("|\"/bin/x -a, -b\""), "c:/bin/x -a, -b");
  EXPECT_EQ(parsed("\"|/bin/x \\\"a b\\\"\", joe"), "c:/bin/x \"a b\" / a:joe");
  EXPECT_EQ(parsed("\"/file with space\""), "f:/file with space");
}

TEST(AliasValue, AddressFormsOfHeaders) {
  EXPECT_EQ(parsed("Ann Other <ann@example.com>, joe"), "a:ann@example.com / a:joe");
  EXPECT_EQ(parsed("Ann <ann@example.com>"), "a:ann@example.com");
  EXPECT_EQ(parsed("joe (the boss, really)"), "a:joe");
}

TEST(AliasValue, FilesHaveCommentsAndLines) {
  EXPECT_EQ(parsed("# a comment, joe\n\n  ann\nbob, eve\n|x #1\n", true),
            "a:ann / a:bob / a:eve / c:x #1");
  EXPECT_EQ(parsed("joe", true), "a:joe");
  EXPECT_EQ(parsed("", true), "");
  EXPECT_EQ(parsed("\n\n#\n", true), "");
}

TEST(AliasValue, BrokenTextIsRefusedAsAWhole) {
  EXPECT_EQ(parsed("\"|open"), to_string(ErrorKind::kInvalid));
  EXPECT_EQ(parsed("joe\x01"), to_string(ErrorKind::kInvalid));
  EXPECT_EQ(parsed("|"), to_string(ErrorKind::kInvalid));
  EXPECT_EQ(parsed("\"| \""), to_string(ErrorKind::kInvalid));
  EXPECT_EQ(parsed("<>"), to_string(ErrorKind::kInvalid));
  EXPECT_EQ(parsed(std::string("jo\0e", 4)), to_string(ErrorKind::kInvalid));
}

TEST(AliasValue, TargetLimit) {
  const auto list = [](std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i)
      out += fmt::format("u{},", i);
    return out;
  };
  for (const std::size_t count : {9u, 10u})
    EXPECT_TRUE(parse_targets(list(count), 10, false)) << count;
  for (const std::size_t count : {11u, 10'000u}) {
    const auto over = parse_targets(list(count), 10, false);
    ASSERT_FALSE(over) << count;
    EXPECT_EQ(over.error().kind, ErrorKind::kLimit);
  }
}

TEST(AliasValue, Row091ShellTextInAnAddressStaysText) {
  EXPECT_EQ(parsed("`id`@x.example"), "a:`id`@x.example");
  EXPECT_EQ(parsed("$(id)@x.example, ;sleep@x.example").substr(0, 2), "a:");
}

}  // namespace
}  // namespace postern::delivery
