// Expansion against Postfix: its own test inputs, evaluated by the postconf of this machine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "core/config/params.h"
#include "core/config/words.h"
#include "tests/support/checkout.h"
#include "tests/unit/config/test_site.h"

namespace postern::config {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPostconf = "/usr/sbin/postconf";

// A command under way, and its standard output.
class Command {
 public:
  explicit Command(const std::string& line) : pipe_(::popen(line.c_str(), "r")) {}
  Command(Command&& other) noexcept : pipe_(std::exchange(other.pipe_, nullptr)) {}
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  ~Command() {
    if (pipe_) ::pclose(pipe_);
  }

  // Waits for its end; nullopt unless that is a good one.
  std::optional<std::string> output() {
    if (!pipe_) return std::nullopt;
    std::string out;
    char buffer[4096];
    for (std::size_t got; (got = std::fread(buffer, 1, sizeof buffer, pipe_)) > 0;)
      out.append(buffer, got);
    const int status = ::pclose(std::exchange(pipe_, nullptr));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
    return out;
  }

 private:
  FILE* pipe_;
};

// Sites for postconf, one for each question: it pauses before it reports an error, so they are all
// asked at the same time.
class ScratchSites {
 public:
  ScratchSites() {
    std::string pattern = (fs::temp_directory_path() / "postern-macro-XXXXXX").string();
    EXPECT_TRUE(::mkdtemp(pattern.data()));
    path_ = pattern;
  }
  ~ScratchSites() { fs::remove_all(path_); }
  ScratchSites(const ScratchSites&) = delete;
  ScratchSites& operator=(const ScratchSites&) = delete;

  // Asks `postconf -x` what relayhost is; an error where it refuses.
  Command relayhost(const std::string& main) {
    const fs::path site = path_ / std::to_string(count_++);
    fs::create_directory(site);
    write(site / "main.cf", main);
    write(site / "master.cf", "");
    return Command(std::string(kPostconf) + " -c " + site.string() + " -xh relayhost 2>/dev/null");
  }

 private:
  // Postfix waits while a file's last change is a second old, in case it is being edited; an hour
  // ago is soon enough.
  static void write(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(1));
  }

  fs::path path_;
  int count_ = 0;
};

std::optional<std::string> our_relayhost(const std::string& main) {
  const Loaded loaded = test::load(main);
  for (const Diagnostic& item : loaded.diagnostics.items())
    if (item.parameter == "relayhost" && item.severity == Severity::kError) return std::nullopt;
  return loaded.tolerant.get(params::relayhost);
}

// Lines "name = value" define; the others are expressions.
void compare_file(const fs::path& path) {
  const auto text = postern::test::read_text(path);
  ASSERT_TRUE(text) << path;
  ASSERT_EQ(::access(kPostconf, X_OK), 0)
      << "Debian's postfix (deploy/packages/test.txt) is needed";
  ScratchSites sites;
  struct Question {
    std::string expression, main;
    Command postfix;
  };
  std::vector<Question> questions;
  std::string definitions;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    if (trim(line).empty()) continue;
    const auto pair = split_name_value(line);
    if (line.front() != '$' && line.front() != '|' && pair) {
      // The later definition of a name counts in both, so each block may define its own.
      definitions += line + "\n";
      continue;
    }
    const std::string main = definitions + "relayhost = " + line + "\n";
    questions.push_back({line, main, sites.relayhost(main)});
  }
  EXPECT_GE(questions.size(), 20u);
  for (Question& each : questions) {
    std::optional<std::string> answer = each.postfix.output();
    if (answer) answer = std::string(trim(*answer));
    EXPECT_EQ(our_relayhost(each.main), answer) << each.expression;
  }
}

TEST(MacroConformance, ExpansionAsPostfixDoes) {
  const auto root = postern::test::testdata_root();
  if (!root) GTEST_SKIP() << "no test data (POSTERN_TESTDATA): postfix-tests";
  compare_file(*root / "postfix-tests" / "vdukhovni+postfix" / "util" / "mac_expand.in");
}

TEST(MacroConformance, LevelsAsPostfixDoes) {
  const auto root = postern::test::testdata_root();
  if (!root) GTEST_SKIP() << "no test data (POSTERN_TESTDATA): postfix-tests";
  compare_file(*root / "postfix-tests" / "vdukhovni+postfix" / "global" / "compat_level_expand.in");
}

// Postfix's reference for the same input: "stat=0 result=good" under each "<< expression".
TEST(MacroConformance, LevelsAsPostfixsReferenceSays) {
  const auto root = postern::test::testdata_root();
  if (!root) GTEST_SKIP() << "no test data (POSTERN_TESTDATA): postfix-tests";
  const auto text = postern::test::read_text(*root / "postfix-tests" / "vdukhovni+postfix" /
                                             "global" / "compat_level_expand.ref");
  ASSERT_TRUE(text);
  std::istringstream lines(*text);
  std::string expression;
  std::size_t compared = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("<< ")) expression = line.substr(3);
    if (!line.starts_with("stat=")) continue;
    const bool refused = !line.starts_with("stat=0");
    const auto ours = our_relayhost("compatibility_level = 3\nrelayhost = " + expression + "\n");
    EXPECT_EQ(!ours, refused) << expression;
    if (!refused) {
      EXPECT_EQ(ours.value_or("error"), line.substr(line.find("result=") + 7)) << expression;
    }
    ++compared;
  }
  EXPECT_EQ(compared, 25u);
}

// A default that is not Postfix's is one of these, each with its reason; so $name means the same in
// a site's file.
struct OtherDefault {
  std::string_view name;
  std::string_view reason;
};
constexpr OtherDefault kOtherDefaults[] = {
    {"alias_maps", "no NIS"},
    {"append_dot_mydomain", "the present compatibility level"},
    {"compatibility_level", "the present one"},
    {"enable_long_queue_ids", "queue ids are always long"},
    {"lmtp_tls_security_level", "Postfix's empty value means none"},
    {"mail_version", "ours"},
    {"mydomain", "decided at load"},
    {"myhostname", "decided at load"},
    {"mynetworks", "decided at load"},
    {"mynetworks_style", "the present compatibility level"},
    {"relay_domains", "the present compatibility level"},
    {"smtp_tls_mandatory_protocols", "TLS 1.2 at least"},
    {"smtp_tls_protocols", "TLS 1.2 at least"},
    {"smtp_tls_security_level", "the older smtp_use_tls is part of it"},
    {"smtpd_forbid_bare_newline", "strict line ends"},
    {"smtpd_forbid_unauth_pipelining", "Postfix 3.9's"},
    {"smtpd_relay_before_recipient_restrictions", "the present compatibility level"},
    {"smtpd_relay_restrictions", "the present compatibility level"},
    {"smtpd_tls_ciphers", "ECDHE and AEAD only"},
    {"smtpd_tls_mandatory_ciphers", "ECDHE and AEAD only"},
    {"smtpd_tls_mandatory_protocols", "TLS 1.2 at least"},
    {"smtpd_tls_protocols", "TLS 1.2 at least"},
    {"smtpd_tls_security_level", "the older smtpd_use_tls and smtpd_enforce_tls are part of it"},
    {"smtpd_upstream_proxy_protocol", "Postfix's empty value means none"},
    {"smtputf8_enable", "the present compatibility level"},
};

TEST(MacroConformance, DefaultsArePostfixsOrHaveAReason) {
  ASSERT_EQ(::access(kPostconf, X_OK), 0)
      << "Debian's postfix (deploy/packages/test.txt) is needed";
  const auto out = Command(std::string(kPostconf) + " -d 2>/dev/null").output();
  ASSERT_TRUE(out);
  std::istringstream lines(*out);
  std::size_t same = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto pair = split_name_value(line);
    const Parameter* ours = pair ? find_parameter(pair->name) : nullptr;
    if (!ours) continue;
    bool has_reason = false;
    for (const OtherDefault& each : kOtherDefaults)
      has_reason = has_reason || each.name == pair->name;
    if (has_reason) continue;
    EXPECT_EQ(trim(ours->spec().initial), pair->value) << pair->name;
    ++same;
  }
  EXPECT_GE(same, 150u);
}

}  // namespace
}  // namespace postern::config
