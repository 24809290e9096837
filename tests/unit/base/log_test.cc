#include "core/base/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/support/temp_dir.h"

namespace postern::log {
namespace {

class LogTest : public ::testing::Test {
 protected:
  void configure(Format format = Format::kPostfix, Level threshold = Level::kInfo) {
    const auto done = log::configure({.file = dir / "log",
                                      .syslog_name = "postfix",
                                      .hostname = "mx",
                                      .format = format,
                                      .threshold = threshold});
    ASSERT_TRUE(done) << done.error().describe();
  }
  std::string written() const {
    flush();
    std::ifstream in(dir / "log", std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  postern::testing::TempDir dir;
};

TEST_F(LogTest, LinesHavePostfixsForm) {
  configure();
  info("smtpd", "connect from {}[{}]", "host.example", "192.0.2.1");
  warning("postfix/submission/smtpd", "odd");
  const auto text = written();
  const auto pid = std::to_string(::getpid());
  // "Nov 24 05:20:30 " before it.
  EXPECT_EQ(text.substr(15, text.find('\n') - 15),
            " mx postfix/smtpd[" + pid + "]: connect from host.example[192.0.2.1]");
  EXPECT_NE(text.find(" mx postfix/submission/smtpd[" + pid + "]: warning: odd\n"),
            std::string::npos);
}

TEST_F(LogTest, Row094OneEventIsOneLine) {
  configure();
  info("smtpd", "helo=<{}>",
       "a\r\nNov 24 05:20:30 mx postfix/smtpd[1]: forged\x1b[2J\xE2\x80\xA8%n%s{}");
  const auto text = written();
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
  EXPECT_NE(text.find("helo=<a??Nov"), std::string::npos);
  EXPECT_NE(text.find("?[2J?%n%s{}>"), std::string::npos) << text;
}

TEST_F(LogTest, PrintableKeepsUtf8AndNothingElse) {
  EXPECT_EQ(printable("gr\xC3\xBC\xC3\x9F \xF0\x9F\x93\xA7"),
            "gr\xC3\xBC\xC3\x9F \xF0\x9F\x93\xA7");
  EXPECT_EQ(printable("\xC0\x80"), "??");
  EXPECT_EQ(printable("\xED\xA0\x80"), "???");
  EXPECT_EQ(printable("\xC2\x85x"), "?x");
  EXPECT_EQ(printable("\xE2\x82"), "??");
  EXPECT_EQ(printable(std::string("\0\t\x7F", 3)), "???");
  EXPECT_EQ(printable("\xF4\x90\x80\x80"), "????");
}

TEST_F(LogTest, JsonIsJsonWhateverAPeerSent) {
  configure(Format::kJson);
  info("smtp", "{:X}: to=<\"a\\b\"@x>, said: \r\n{{\"level\":\"fatal\"}}\xFF", 0xABCu);
  const auto text = written();
  const auto parsed = nlohmann::json::parse(text, nullptr, false);
  ASSERT_FALSE(parsed.is_discarded()) << text;
  EXPECT_EQ(parsed["level"], "info");
  EXPECT_EQ(parsed["service"], "postfix/smtp");
  EXPECT_EQ(parsed["queue_id"], "ABC");
  EXPECT_EQ(parsed["message"], "ABC: to=<\"a\\b\"@x>, said: ??{\"level\":\"fatal\"}?");
}

TEST_F(LogTest, ThresholdAndReopening) {
  configure(Format::kPostfix, Level::kWarning);
  EXPECT_FALSE(enabled(Level::kInfo));
  info("smtpd", "not this");
  error("smtpd", "but this");
  EXPECT_EQ(written().find("not this"), std::string::npos);
  std::filesystem::rename(dir / "log", dir / "log.1");
  configure();
  info("smtpd", "after rotation");
  EXPECT_NE(written().find("after rotation"), std::string::npos);
  EXPECT_EQ(written().find("but this"), std::string::npos);
}

TEST_F(LogTest, AFileThatCannotBeOpenedIsNamed) {
  Options options;
  options.file = dir.write("plain", "") + "/log";
  const auto blocked = log::configure(options);
  ASSERT_FALSE(blocked);
  EXPECT_NE(blocked.error().context.find("maillog_file"), std::string::npos);
}

}  // namespace
}  // namespace postern::log
