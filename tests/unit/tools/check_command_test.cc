// postern check: each mistake is found, and a sound site has none.
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "tests/unit/tools/tools_site.h"

namespace postern::tools {
namespace {

using ::testing::HasSubstr;

// Enough for a site whose errors are only those that a test makes.
constexpr const char* kSound =
    "smtpd_relay_restrictions = permit_mynetworks, "
    "reject_unauth_destination\nqueue_volatile_allowed = yes\n"
    "alias_maps =\nalias_database =\nlocal_recipient_maps =\n"
    "setgid_group = root\ndefault_privs = nobody\n";

TEST(CheckCommand, ASoundSite) {
  const ToolsSite site(kSound);
  const Ran ran = site.run("postern check", {});
  EXPECT_EQ(ran.status, EX_OK) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("0 errors, "));
}

TEST(CheckCommand, TablesThatDoNotOpen) {
  const ToolsSite site(std::string(kSound) +
                       "virtual_alias_maps = texthash:/nonexistent/virtual\n");
  const Ran ran = site.run("postern check", {});
  EXPECT_EQ(ran.status, EX_CONFIG);
  EXPECT_THAT(ran.out, HasSubstr("/main.cf:"));
  EXPECT_THAT(ran.out, HasSubstr("error: virtual_alias_maps: texthash:/nonexistent/virtual"));
}

TEST(CheckCommand, RightsOfTablesAndKeys) {
  const TempDir files;
  const std::string table = files.write("table", "a b\n");
  ASSERT_EQ(::chmod(table.c_str(), 0666), 0);
  const ToolsSite site(std::string(kSound) + "virtual_alias_maps = texthash:" + table + "\n");
  const Ran ran = site.run("postern check", {});
  EXPECT_EQ(ran.status, EX_CONFIG);
  EXPECT_THAT(ran.out, HasSubstr("everybody can change it: chmod o-w " + table));
}

TEST(CheckCommand, CertificatesThatAreNone) {
  const TempDir files;
  const std::string bad = files.write("cert.pem", "not PEM\n");
  ASSERT_EQ(::chmod(bad.c_str(), 0644), 0);
  const ToolsSite site(std::string(kSound) + "smtpd_tls_security_level = may\n" +
                       "smtpd_tls_cert_file = " + bad + "\n");
  const Ran ran = site.run("postern check", {});
  EXPECT_EQ(ran.status, EX_CONFIG);
  EXPECT_THAT(ran.out, HasSubstr("error: smtpd_tls_cert_file"));
  EXPECT_THAT(ran.out, HasSubstr("everybody can read this private key"));
}

TEST(CheckCommand, OpenRelay) {
  const ToolsSite site(std::string(kSound) +
                       "smtpd_relay_restrictions = permit\n"
                       "smtpd_recipient_restrictions = permit\n");
  EXPECT_EQ(site.run("postern check", {}).status, EX_CONFIG);
}

TEST(CheckCommand, RulesThatNothingReaches) {
  const ToolsSite site(std::string(kSound) +
                       "smtpd_relay_restrictions = permit_mynetworks, reject, permit\n");
  EXPECT_THAT(site.run("postern check", {}).out, HasSubstr("nothing behind reject is ever asked"));
}

TEST(CheckCommand, UsersThatDoNotExist) {
  const ToolsSite site(std::string(kSound) + "admin_users = root, nosuchuser\n");
  const Ran ran = site.run("postern check", {});
  EXPECT_EQ(ran.status, EX_CONFIG);
  EXPECT_THAT(ran.out, HasSubstr("admin_users: user nosuchuser does not exist"));
}

TEST(CheckCommand, JsonIsOneObjectALine) {
  const ToolsSite site(std::string(kSound) + "admin_users = nosuchuser\n");
  const Ran ran = site.run("postern check", {"--json"});
  EXPECT_EQ(ran.status, EX_CONFIG);
  bool has_error = false;
  std::string rest = ran.out;
  for (std::size_t end; (end = rest.find('\n')) != rest.npos; rest.erase(0, end + 1))
    has_error = has_error || nlohmann::json::parse(rest.substr(0, end))["severity"] == "error";
  EXPECT_TRUE(has_error);
}

TEST(CheckCommand, NoConfiguration) {
  EXPECT_EQ(run_tool({"postern", "check", "-c", "/nonexistent"}).status, EX_CONFIG);
}

}  // namespace
}  // namespace postern::tools
