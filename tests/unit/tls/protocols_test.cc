#include <gtest/gtest.h>

#include "core/tls/tls_options.h"

namespace postern::tls {
namespace {

using enum Version;

struct Case {
  std::vector<std::string> words;
  Version oldest;
  Version newest;
};

TEST(ParseProtocols, ReadsBothOfPostfixsForms) {
  const Case cases[] = {
      {{}, kTls12, kTls13},
      {{">=TLSv1.2"}, kTls12, kTls13},
      {{">=tlsV1.2"}, kTls12, kTls13},
      {{">=TLSv1.3"}, kTls13, kTls13},
      {{">=TLSv1"}, kTls10, kTls13},
      {{">=TLSv1", "<=TLSv1.2"}, kTls10, kTls12},
      {{">=0303"}, kTls12, kTls13},
      {{">=0x0302", "!TLSv1.1"}, kTls12, kTls13},
      {{"<=TLSv1.2"}, kTls12, kTls12},
      {{"<=TLSv1.1"}, kTls11, kTls11},
      {{"TLSv1.2"}, kTls12, kTls12},
      {{"TLSv1.2", "TLSv1.3"}, kTls12, kTls13},
      {{"TLSv1", "TLSv1.1"}, kTls10, kTls11},
      {{"TLSv1.3:TLSv1.2"}, kTls12, kTls13},
      {{"!TLSv1.3"}, kTls12, kTls12},
      {{"!TLSv1.2"}, kTls13, kTls13},
      // The old defaults exclude; what they do not name is not given either.
      {{"!SSLv2", "!SSLv3"}, kTls12, kTls13},
      {{"!SSLv2", "!SSLv3", "!TLSv1", "!TLSv1.1"}, kTls12, kTls13},
      {{"!SSLv2:!SSLv3"}, kTls12, kTls13},
  };
  for (const Case& c : cases) {
    const auto range = parse_protocols(c.words);
    const std::string text = c.words.empty() ? "" : c.words.front();
    ASSERT_TRUE(range) << text << ": " << range.error().describe();
    EXPECT_EQ(range->oldest, c.oldest) << text;
    EXPECT_EQ(range->newest, c.newest) << text;
  }
}

TEST(ParseProtocols, NamesTheWrongWordAndTheRight) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"SSLv3"}, "SSLv3"},
      {{">=SSLv3"}, ">=SSLv3"},
      {{"TLSv1.4"}, "TLSv1.4"},
      {{">TLSv1.2"}, ">TLSv1.2"},
      {{"!"}, "\"!\""},
      {{">="}, "\">=\""},
      {{"!TLSv1.2", "!TLSv1.3"}, "no TLS version"},
      {{">=TLSv1.3", "<=TLSv1.2"}, "no TLS version"},
      {{"TLSv1", "TLSv1.2"}, "leaves out TLSv1.1"},
      {{std::string(100'000, 'x')}, "xxx"},
  };
  for (const auto& [words, expected] : cases) {
    const auto range = parse_protocols(words);
    ASSERT_FALSE(range) << words.front();
    EXPECT_EQ(range.error().kind, ErrorKind::kInvalid);
    EXPECT_NE(range.error().context.find(expected), std::string::npos) << range.error().context;
    EXPECT_NE(range.error().context.find("write >=TLSv1.2"), std::string::npos);
    EXPECT_LT(range.error().context.size(), 400u);
  }
}

}  // namespace
}  // namespace postern::tls
