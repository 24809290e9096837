// postern config beside Debian's postconf(1) on real sites' files: the same lines.
#include <filesystem>

#include "tests/support/checkout.h"
#include "tests/unit/tools/tools_site.h"

namespace postern::tools {
namespace {

namespace fs = std::filesystem;

// $process_name and $process_id are postconf's own: this one line differs.
std::string without_process_names(const std::string& text) {
  std::string out, line;
  for (const char c : text) {
    line += c;
    if (c != '\n') continue;
    if (!line.starts_with("debugger_command")) out += line;
    line.clear();
  }
  return out;
}

// Questions that both are asked.  The real one looks its host name up in the DNS at each start, so
// all of them wait at the same time.
class Comparison {
 public:
  void add(const std::string& name, const std::string& main, const std::string& master,
           const std::vector<std::vector<std::string>>& questions) {
    const std::string site = dir_ / std::to_string(sites_++);
    fs::create_directory(site);
    std::ofstream(site + "/main.cf", std::ios::binary) << main;
    std::ofstream(site + "/master.cf", std::ios::binary) << master;
    for (const auto& question : questions)
      cases_.push_back({name, site, question});
  }

  // How many were compared; files that postconf itself refuses, templates, are not.
  std::size_t run() {
    for (std::size_t begin = 0; begin < cases_.size(); begin += kAtATime) {
      std::string script;
      const std::size_t end = std::min(begin + kAtATime, cases_.size());
      for (std::size_t i = begin; i < end; ++i) {
        script += fmt::format("(/usr/sbin/postconf -c '{}'", cases_[i].site);
        for (const std::string& word : cases_[i].question)
          script += " '" + word + "'";
        script += fmt::format(" >'{0}/o{1}' 2>/dev/null && touch '{0}/ok{1}') & ", dir_.path(), i);
      }
      run_shell(script + "wait");
    }
    std::size_t compared = 0;
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      if (!fs::exists(fmt::format("{}/ok{}", dir_.path(), i))) continue;
      ++compared;
      std::vector<std::string> argv{"postconf", "-c", cases_[i].site};
      argv.insert(argv.end(), cases_[i].question.begin(), cases_[i].question.end());
      EXPECT_EQ(without_process_names(run_tool(argv).out),
                without_process_names(*test::read_text(fmt::format("{}/o{}", dir_.path(), i))))
          << cases_[i].name << " " << cases_[i].question[0];
    }
    return compared;
  }

 private:
  struct Case {
    std::string name, site;
    std::vector<std::string> question;
  };
  static constexpr std::size_t kAtATime = 40;
  TempDir dir_;
  std::size_t sites_ = 0;
  std::vector<Case> cases_;
};

class ConfigPostconf : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(fs::exists("/usr/sbin/postconf")) << "needs the package postfix";
    const auto root = test::testdata_root();
    if (!root) GTEST_SKIP() << "no test data: postfix-conf";
    data_ = *root / "postfix-conf";
    master_ = *test::read_text("/usr/share/postfix/master.cf.dist");
  }
  fs::path data_;
  std::string master_;
  Comparison both_;
};

TEST_F(ConfigPostconf, MainCfOfRealSites) {
  for (const auto& each : fs::directory_iterator(data_ / "main"))
    both_.add(each.path().filename(), *test::read_text(each.path()), master_,
              {{"-n"}, {"-xn"}, {"-nf"}, {"-hn"}, {"-Hn"}});
  EXPECT_GE(both_.run(), 60u);
}

TEST_F(ConfigPostconf, MasterCfOfRealSites) {
  for (const auto& each : fs::directory_iterator(data_ / "master"))
    both_.add(each.path().filename(), "compatibility_level = 3.6\n", *test::read_text(each.path()),
              {{"-M"}, {"-Mf"}, {"-Mx"}, {"-P"}, {"-Px"}, {"-F"}});
  EXPECT_GE(both_.run(), 40u);
}

TEST_F(ConfigPostconf, ServicesByPattern) {
  both_.add("master.cf.dist", "compatibility_level = 3.6\n", master_,
            {{"-M", "smtp/inet"},
             {"-M", "smtp"},
             {"-M", "relay/unix"},
             {"-P", "relay"},
             {"-F", "smtp/inet/command"},
             {"-F", "*/inet"},
             {"-M", "nosuch"}});
  EXPECT_EQ(both_.run(), 7u);
}

}  // namespace
}  // namespace postern::tools
