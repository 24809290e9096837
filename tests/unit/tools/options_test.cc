#include "core/tools/options.h"

#include <gtest/gtest.h>

namespace postern::tools {
namespace {

// "a b=value --name=value | rest words"
std::string spelled(const Arguments& arguments, std::string_view letters) {
  Options options(arguments, letters);
  std::string out;
  for (int option; (option = options.next()) != Options::kEnd;) {
    if (option == Options::kBad) {
      out += "? ";
      continue;
    }
    out += option == Options::kLong ? "--" + options.long_name()
                                    : std::string(1, static_cast<char>(option));
    if (options.has_value()) out += "=" + options.value();
    out += " ";
  }
  out += "|";
  for (const std::string& each : options.rest())
    out += " " + each;
  return out;
}

TEST(Options, GroupsArgumentsAndTheEnd) {
  EXPECT_EQ(spelled({"-ab", "-c", "x", "-cy", "rest", "-a"}, "abc:"), "a b c=x c=y | rest -a");
  EXPECT_EQ(spelled({"-abcx"}, "abc:"), "a b c=x |");
  EXPECT_EQ(spelled({"-a", "--", "-b"}, "ab"), "a | -b");
  EXPECT_EQ(spelled({"-a", "-", "-b"}, "ab"), "a | - -b");
  EXPECT_EQ(spelled({"-q", "x"}, "q;"), "q | x");
  EXPECT_EQ(spelled({"-q15m", "x"}, "q;"), "q=15m | x");
  EXPECT_EQ(spelled({"--json", "--sender=a", "x"}, ""), "--json --sender=a | x");
  EXPECT_EQ(spelled({}, "a"), "|");
}

TEST(Options, UnknownLettersAndMissingArguments) {
  EXPECT_EQ(spelled({"-x", "-a"}, "a"), "? a |");
  EXPECT_EQ(spelled({"-xa"}, "a"), "? a |");
  EXPECT_EQ(spelled({"-:"}, "a:"), "? |");
  EXPECT_EQ(spelled({"-a"}, "a:"), "? |");
}

}  // namespace
}  // namespace postern::tools
