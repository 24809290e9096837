// Real sites' main.cf and master.cf: each is read whole, and what refuses one is a feature that
// Postern lacks and that must not be ignored, never a matter of syntax.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>

#include "core/config/params.h"
#include "tests/support/checkout.h"
#include "tests/unit/config/test_site.h"

namespace postern::config {
namespace {

namespace fs = std::filesystem;

// The errors that a real site may get, each with its reason.
struct Allowed {
  const char* text;  // part of the message
  const char* reason;
  bool only_in_templates;
};
constexpr Allowed kAllowed[] = {
    {"can't be enforced, so mail that it refuses would be accepted",
     "a restriction that is not evaluated: DNSBL, policy services, checks that ask DNS or SASL",
     false},
    {"mail is not passed through a content filter", "content_filter, smtpd_proxy_filter", false},
    {"filters are not consulted", "Milters, without milter_default_action = accept", false},
    {"can't be opened: export the data to a file", "ldap, mysql, pgsql tables", false},
    {"asks for a protection that Postern does not give", "TLS levels dane and verify", false},
    {"TLS levels per destination are not applied", "smtp_tls_policy_maps", false},
    {"the server's certificate is not checked", "smtp_enforce_tls", false},
    {"is not a duration", "a template's word in place of a time", true},
    {"is not a size", "a template's word, or nothing, in place of a size", true},
    {"is not a whole number", "a template's word in place of a number", true},
    {"is not a boolean", "a template's word in place of yes or no", true},
    {"is not a lookup table", "a template's word in place of type:name", true},
    {"columns where 8 are needed", "a service line that a template makes", true},
};

struct Site {
  std::string name;
  std::string main;
  std::optional<std::string> master;
  bool is_template;
};

// A template becomes a file: {{ x }} a word, {% ... %} and {# ... #} nothing, and a line that holds
// nothing else goes.
std::string rendered(std::string text, bool& is_template) {
  is_template = is_template || text.find("{{") != text.npos || text.find("{%") != text.npos ||
                text.find("${MESSAGE_SIZE_LIMIT}") != text.npos;
  if (!is_template) return text;
  text = std::regex_replace(text, std::regex("\\{%[\\s\\S]*?%\\}"), "");
  text = std::regex_replace(text, std::regex("\\{#[\\s\\S]*?#\\}"), "");
  text = std::regex_replace(text, std::regex("(^|\\n)[ \\t]*\\{\\{[^\\n]*?\\}\\}[ \\t]*(?=\\n|$)"),
                            "$1");
  return std::regex_replace(text, std::regex("\\{\\{[\\s\\S]*?\\}\\}"), "x");
}

std::string repository(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.substr(0, name.find("__"));
}

std::vector<Site> sites(const fs::path& root) {
  std::map<std::string, fs::path> masters;
  for (const auto& entry : fs::directory_iterator(root / "master"))
    masters[repository(entry.path())] = entry.path();
  std::set<std::string> paired;
  std::vector<Site> all;
  for (const auto& entry : fs::directory_iterator(root / "main")) {
    Site site{repository(entry.path()), "", std::nullopt, false};
    site.main = rendered(postern::test::read_text(entry.path()).value_or(""), site.is_template);
    if (const auto found = masters.find(site.name); found != masters.end()) {
      site.master =
          rendered(postern::test::read_text(found->second).value_or(""), site.is_template);
      paired.insert(site.name);
    }
    all.push_back(std::move(site));
  }
  for (const auto& [name, path] : masters) {
    if (paired.contains(name)) continue;
    Site site{name, "", std::nullopt, false};
    site.master = rendered(postern::test::read_text(path).value_or(""), site.is_template);
    all.push_back(std::move(site));
  }
  return all;
}

Loaded load_site(const Site& site) {
  Environment environment = test::test_environment();
  environment.read_first_line = [](const std::string&) { return std::string("host.example"); };
  return site.master ? load_texts(site.main, *site.master, environment)
                     : load_texts(site.main, std::nullopt, environment);
}

TEST(SitesConformance, EveryErrorIsOneWithAReason) {
  const auto root = postern::test::testdata_root();
  if (!root) GTEST_SKIP() << "no test data (POSTERN_TESTDATA): postfix-conf";
  const std::vector<Site> all = sites(*root / "postfix-conf");
  ASSERT_GE(all.size(), 20u);
  std::size_t accepted = 0;
  std::set<std::string> used;
  for (const Site& site : all) {
    const Loaded loaded = load_site(site);
    if (loaded.settings) ++accepted;
    for (const Diagnostic& item : loaded.diagnostics.items()) {
      if (item.severity != Severity::kError) continue;
      bool has_reason = false;
      for (const Allowed& each : kAllowed) {
        if (item.text.find(each.text) == item.text.npos) continue;
        has_reason = !each.only_in_templates || site.is_template;
        used.insert(each.text);
      }
      EXPECT_TRUE(has_reason) << site.name << ": " << item.describe();
    }
  }
  for (const Allowed& each : kAllowed)
    EXPECT_TRUE(used.contains(each.text)) << "no site needs this any more: " << each.reason;
  EXPECT_GE(accepted, 7u) << "of " << all.size();
}

// The errors name what stands in the way: with just those settings gone, the site loads.
TEST(SitesConformance, WithoutWhatIsRefusedEverySiteLoads) {
  const auto root = postern::test::testdata_root();
  if (!root) GTEST_SKIP() << "no test data (POSTERN_TESTDATA): postfix-conf";
  for (Site& site : sites(*root / "postfix-conf")) {
    site.master = std::nullopt;
    const Loaded first = load_site(site);
    std::set<std::string> refused;
    for (const Diagnostic& item : first.diagnostics.items())
      if (item.severity == Severity::kError) refused.insert(item.parameter);
    std::string rest;
    for (const Assignment& each : first.tolerant.assignments())
      if (!refused.contains(each.name)) rest += each.name + " = " + each.value + "\n";
    site.main = rest;
    const Loaded second = load_site(site);
    EXPECT_TRUE(second.settings) << site.name << "\n" << second.diagnostics.describe();
  }
}

TEST(SitesConformance, EveryServiceLineHasARole) {
  const auto root = postern::test::testdata_root();
  if (!root) GTEST_SKIP() << "no test data (POSTERN_TESTDATA): postfix-conf";
  std::map<ServiceRole, int> roles;
  for (const Site& site : sites(*root / "postfix-conf")) {
    if (!site.master) continue;
    const Loaded loaded = load_site(site);
    for (const ServiceEntry& entry : loaded.tolerant.master().entries()) {
      const ServiceRole role = service_role(entry);
      ++roles[role];
      if (role != ServiceRole::kUnsupported || site.is_template) continue;
      EXPECT_TRUE(entry.command == "spawn" || entry.command == "qmqpd")
          << site.name << ": " << entry.place.describe() << " " << entry.command;
    }
  }
  EXPECT_GE(roles[ServiceRole::kSmtpListener], 30);
  EXPECT_GE(roles[ServiceRole::kTransport], 60);
  EXPECT_GE(roles[ServiceRole::kNoEffect], 100);
}

}  // namespace
}  // namespace postern::config
