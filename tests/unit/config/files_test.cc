// main.cf and master.cf as texts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config/main_cf.h"
#include "core/config/master_cf.h"
#include "core/config/words.h"

namespace postern::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(MainCf, ContinuationsAndComments) {
  Diagnostics found;
  const MainCf main = MainCf::parse(
      "# head\n"
      "mydestination = a,\n"
      "# between\n"
      "   # indented, between\n"
      "\n"
      "   \t\n"
      "\tb,\r\n"
      "  c\r\n"
      "empty =\n"
      "hash = a # b\n"
      "  relayhost=[x]:587\n",
      "main.cf", found);
  EXPECT_EQ(found.describe(), "");
  ASSERT_EQ(main.assignments().size(), 3u);
  EXPECT_EQ(main.find("mydestination")->value, "a,\tb,  c");
  EXPECT_EQ(main.find("mydestination")->place.line, 2);
  EXPECT_EQ(main.find("empty")->value, "");
  EXPECT_EQ(main.find("hash")->value, "a # b  relayhost=[x]:587");
}

TEST(MainCf, LastSettingWinsAndBothLinesAreNamed) {
  Diagnostics found;
  const MainCf main = MainCf::parse("a = 1\nb = 2\na = 3\n", "main.cf", found);
  EXPECT_EQ(main.find("a")->value, "3");
  EXPECT_THAT(found.describe(), HasSubstr("main.cf:3: warning: a: set here and in line 1"));
}

TEST(MainCf, FaultyLinesAreAllReported) {
  Diagnostics found;
  const MainCf main = MainCf::parse(std::string_view("  lost\nno equals\n= x\na b = c\nok = 1\n"
                                                     "nul = \0\n  rest\nend = 2\n",
                                                     59),
                                    "main.cf", found);
  EXPECT_EQ(found.error_count(), 5u) << found.describe();
  EXPECT_EQ(main.assignments().size(), 2u);
}

TEST(MainCf, LineAndFileSizeAtTheirLimits) {
  const FileLimits limits{.max_file_bytes = 100, .max_line_bytes = 20};
  for (const auto& [length, good] :
       std::vector<std::pair<std::size_t, bool>>{{19, true}, {20, true}, {21, false}}) {
    Diagnostics found;
    MainCf::parse("a=" + std::string(length - 2, 'x'), "f", found, limits);
    EXPECT_EQ(!found.has_errors(), good) << length;
  }
  for (const auto& [length, good] : std::vector<std::pair<std::size_t, bool>>{
           {19, true}, {20, true}, {21, false}, {20'000, false}}) {
    // The same by continuation lines of one octet each; the blank before each counts.
    Diagnostics found;
    std::string text = length % 2 == 0 ? "a=" : "a=x";
    for (std::size_t size = text.size(); size < length; size += 2)
      text += "\n y";
    MainCf::parse(text, "f", found, {.max_file_bytes = 1'000'000, .max_line_bytes = 20});
    EXPECT_EQ(!found.has_errors(), good) << length;
  }
  for (const auto& [length, good] : std::vector<std::pair<std::size_t, bool>>{
           {99, true}, {100, true}, {101, false}, {100'000, false}}) {
    Diagnostics found;
    MainCf::parse(std::string(length, '#'), "f", found, limits);
    EXPECT_EQ(!found.has_errors(), good) << length;
  }
}

TEST(Diagnostics, AreBoundedAndKeepTheirErrors) {
  Diagnostics found;
  for (int i = 0; i < 100'000; ++i)
    found.warning({"f", i}, "", "w");
  EXPECT_FALSE(found.has_errors());
  found.error({"f", 1}, "", "the error");
  EXPECT_TRUE(found.has_errors());
  EXPECT_LE(found.items().size(), 1000u);
  EXPECT_THAT(found.describe(), HasSubstr("the error"));
}

TEST(Words, BracesAreKeptWhole) {
  EXPECT_THAT(*split_words("a, b{c d}e {f, {g}} ,h"), ElementsAre("a", "b{c d}e", "{f, {g}}", "h"));
  EXPECT_FALSE(split_words("a {b"));
  EXPECT_EQ(braced_content("{ a b }"), "a b");
  EXPECT_FALSE(braced_content("{a}b"));
}

constexpr std::string_view kMaster =
    "# service type private unpriv chroot wakeup maxproc command\n"
    "smtp      inet  n       -       y       -       1       postscreen\n"
    "smtpd     pass  -       -       y       -       -       smtpd -v\n"
    "  -o smtpd_helo_required=yes\n"
    "#smtps    inet  n       -       y       -       -       smtpd\n"
    "  -o { mynetworks = 127.0.0.0/8, 10.0.0.0/8 }\n"
    "[::1]:10025 inet n - n - 10 smtpd -o content_filter= -osyslog_name=x\n"
    "pickup    unix  n       -       y       60?     1       pickup\n"
    "dovecot   unix  -       n       n       -       -       pipe\n"
    "  flags=DRhu user=vmail argv=/usr/lib/dovecot/deliver -f ${sender} -o no\n"
    "spf plugin - - - - 2 /usr/lib/postern/postern-spf -c {/etc/postern/a b.cf}\n"
    "policy unix - n n - 0 spawn user=nobody argv=/x\n";

TEST(MasterCf, ColumnsAndOverrides) {
  Diagnostics found;
  const MasterCf master = MasterCf::parse(kMaster, "master.cf", found);
  EXPECT_EQ(found.error_count(), 0u) << found.describe();
  EXPECT_THAT(found.describe(), HasSubstr("policy (unix) runs spawn"));
  ASSERT_EQ(master.entries().size(), 7u);
  const ServiceEntry& passed = *master.find("smtpd", ServiceType::kPass);
  EXPECT_TRUE(passed.chroot);
  EXPECT_THAT(passed.arguments, ElementsAre("-v"));
  ASSERT_EQ(passed.overrides.size(), 2u);
  EXPECT_EQ(passed.overrides[1].value, "127.0.0.0/8, 10.0.0.0/8");
  const ServiceEntry& pickup = *master.find("pickup", ServiceType::kUnix);
  EXPECT_EQ(pickup.wakeup, Seconds(60));
  EXPECT_TRUE(pickup.wakeup_if_used);
  EXPECT_EQ(service_role(pickup), ServiceRole::kNoEffect);
  const ServiceEntry& pipe = *master.find_transport("dovecot");
  EXPECT_FALSE(pipe.unprivileged);
  EXPECT_FALSE(pipe.process_limit);
  EXPECT_THAT(pipe.arguments,
              ElementsAre("flags=DRhu", "user=vmail", "argv=/usr/lib/dovecot/deliver", "-f",
                          "${sender}", "-o", "no"));
  const ServiceEntry& plugin = *master.find("spf", ServiceType::kPlugin);
  EXPECT_EQ(plugin.process_limit, 2);
  EXPECT_THAT(plugin.arguments, ElementsAre("-c", "/etc/postern/a b.cf"));
  const ServiceEntry& inet = *master.find("[::1]:10025", ServiceType::kInet);
  EXPECT_EQ(inet.overrides[0].value, "");
  EXPECT_EQ(inet.overrides[1].name, "syslog_name");
  EXPECT_FALSE(inet.is_private);
}

TEST(MasterCf, PostscreenAndSmtpdPassAreOneListener) {
  Diagnostics found;
  const MasterCf master = MasterCf::parse(kMaster, "master.cf", found);
  const auto listeners = smtp_listeners(master);
  ASSERT_EQ(listeners.size(), 2u);
  EXPECT_TRUE(listeners[0].tests_before_greeting);
  EXPECT_EQ(listeners[0].endpoint->name, "smtp");
  EXPECT_EQ(listeners[0].service->type, ServiceType::kPass);
  EXPECT_FALSE(listeners[1].tests_before_greeting);
}

TEST(MasterCf, Endpoints) {
  EXPECT_EQ(parse_endpoint("smtp")->port, "smtp");
  EXPECT_EQ(parse_endpoint("127.0.0.1:10025")->host, "127.0.0.1");
  EXPECT_EQ(parse_endpoint("[2001:db8::1]:25")->host, "2001:db8::1");
  for (const char* bad : {"", "1.2.3.4:", "[::1]", "::1:25", "65536", "1:99999999999999999999"})
    EXPECT_FALSE(parse_endpoint(bad)) << bad;
}

TEST(MasterCf, FaultsNameTheColumn) {
  for (const auto& [line, text] : std::vector<std::pair<const char*, const char*>>{
           {"smtp inet n - n - -", "7 columns where 8"},
           {"smtp tcp n - n - - smtpd", "not a service type"},
           {"smtp inet x - n - - smtpd", "\"private\""},
           {"smtp inet n - n x - smtpd", "\"wakeup\""},
           {"smtp inet n - n - -1 smtpd", "\"maxproc\""},
           {"smtp inet n - n - - smtpd -o", "nothing follows -o"},
           {"smtp inet n - n - - smtpd -o x", "has no \"=\""},
           {"smtp inet n - n - - smtpd -o {a = b", "closes"},
           {"1.2.3.4: inet n - n - - smtpd", "no port"}}) {
    Diagnostics found;
    MasterCf::parse(line, "master.cf", found);
    EXPECT_EQ(found.error_count(), 1u) << line;
    EXPECT_THAT(found.describe(), HasSubstr(text)) << line;
  }
}

TEST(MasterCf, LastOfTwoEntriesCounts) {
  Diagnostics found;
  const MasterCf master =
      MasterCf::parse("a unix - - n - 1 smtp\na unix - - n - 2 smtp\n", "master.cf", found);
  EXPECT_EQ(master.entries().size(), 1u);
  EXPECT_EQ(master.entries()[0].process_limit, 2);
  EXPECT_EQ(found.warning_count(), 1u);
}

}  // namespace
}  // namespace postern::config
