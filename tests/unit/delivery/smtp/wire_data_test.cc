// Server behaviours collected from an analysis of STARTTLS in mail clients (test data smtp-wire,
// RON files): with mandatory TLS no message leaves in clear, whatever the server does.
#include <filesystem>
#include <regex>

#include "tests/support/checkout.h"
#include "tests/unit/delivery/smtp/smtp_fixture.h"

namespace postern::delivery {
namespace {

using mail::Outcome;
using mail::TlsRequirement;
using postern::testing::PeerRules;
using postern::testing::ScriptedPeer;
using postern::testing::serve;
using postern::testing::SmtpTest;

std::string unescaped(std::string text) {
  text = std::regex_replace(text, std::regex(R"(\\r\\n)"), "\r\n");
  while (text.ends_with("\r\n"))
    text.resize(text.size() - 2);
  return text;
}

// What matters of one file.  Comments are gone by then.
PeerRules rules_of(const std::string& ron) {
  PeerRules rules;
  rules.extensions = {"PIPELINING"};
  if (std::regex_search(ron, std::regex(R"(capabilities: *\[[^\]]*StartTLS)")))
    rules.extensions.push_back("STARTTLS");
  std::smatch found;
  if (std::regex_search(ron, found, std::regex(R"rx(greeting: "([^"]*)")rx")))
    rules.greeting = unescaped(found[1]);
  std::map<std::string, std::string> replies;
  const std::regex pair(R"rx("([A-Za-z]+)": "([^"]*)")rx");
  for (auto at = std::sregex_iterator(ron.begin(), ron.end(), pair); at != std::sregex_iterator();
       ++at) {
    std::string verb = (*at)[1];
    std::ranges::transform(verb, verb.begin(), [](char c) { return std::toupper(c); });
    replies[verb] = unescaped((*at)[2]);
  }
  if (std::regex_search(ron, found, std::regex(R"rx(stls_response: "([^"]*)")rx")))
    replies["STARTTLS"] = unescaped(found[1]);
  if (ron.find("hide_commands: [\"ehlo\", \"starttls\"]") != std::string::npos)
    replies["EHLO"] = replies["STARTTLS"] = "502 Command not implemented";
  rules.reply = [replies](const std::string& line) {
    const auto match = replies.find(line.substr(0, line.find(' ')));
    return match == replies.end() ? std::string() : match->second;
  };
  return rules;
}

TEST_F(SmtpTest, Row048ServersOfTheTestDataAreNeverTrusted) {
  const auto root = postern::test::testdata_root();
  if (!root) GTEST_SKIP() << "no test data: set POSTERN_TESTDATA";
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*root / "smtp-wire")) {
    if (entry.path().extension() != ".ron") continue;
    ++files;
    const std::string ron = std::regex_replace(postern::test::read_text(entry.path()).value(),
                                               std::regex("//[^\n]*"), "");
    for (const auto level : {TlsRequirement::kMay, TlsRequirement::kEncrypt}) {
      SCOPED_TRACE(entry.path().string());
      use_tls(level);
      transport_.reset();
      PeerRules rules = rules_of(ron);
      ScriptedPeer peer(serve(rules));
      const auto result = deliver_one(peer);
      const std::size_t taken = rules.seen->messages().size();
      EXPECT_EQ(taken, result.outcome == Outcome::kDelivered ? 1U : 0U) << result.diagnostic;
      if (level == TlsRequirement::kEncrypt) {
        EXPECT_EQ(rules.seen->messages_in_clear(), 0U);
      }
      if (rules.greeting.front() != '2') {
        EXPECT_EQ(result.outcome, Outcome::kDeferred);
      }
    }
  }
  EXPECT_GT(files, 20U);
}

}  // namespace
}  // namespace postern::delivery
