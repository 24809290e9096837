// What the queue logs, read by the tool that Postfix sites run every morning.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/unit/queue/site.h"

namespace postern::queue {
namespace {

std::string output_of(const std::string& command) {
  std::string output;
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return output;
  char buffer[4096];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, pipe))
    output.append(buffer, count);
  ::pclose(pipe);
  return output;
}

TEST(QueueLog, PflogsummCountsWhatTheQueueDid) {
  if (output_of("PATH=$PATH:/usr/sbin command -v pflogsumm").empty())
    GTEST_SKIP() << "pflogsumm is not installed (deploy/packages/test.txt)";
  Site site;  // silences the log, so configure after it
  char directory[] = "/tmp/postern-queue-log-XXXXXX";
  ASSERT_NE(::mkdtemp(directory), nullptr);
  const std::string file = std::string(directory) + "/maillog";
  log::Options log_options;
  log_options.file = file;
  log_options.hostname = "mail";
  ASSERT_TRUE(log::configure(log_options));
  site.runner.decide = [](const mail::Attempt& attempt) {
    const std::string& domain = attempt.lane.site;
    if (domain == "defer.example") return ScriptedRunner::deferred(attempt);
    if (domain == "fail.example") return ScriptedRunner::failed(attempt);
    if (domain == "dead.example") return ScriptedRunner::unreachable(attempt);
    return ScriptedRunner::all(attempt, mail::Outcome::kDelivered, "2.0.0", "250 2.0.0 Ok: queued");
  };
  for (int i = 0; i < 5; ++i)
    site.submit({"a@one.example", "b@one.example"});
  for (int i = 0; i < 3; ++i)
    site.submit({"c@fail.example"});
  for (int i = 0; i < 2; ++i)
    site.submit({"d@defer.example"});
  for (int i = 0; i < 20; ++i)
    site.submit({"e@dead.example"});
  site.executor.run_ready();
  log::flush();
  log_options.file = "/dev/null";
  ASSERT_TRUE(log::configure(log_options));

  const std::string report = output_of("PATH=$PATH:/usr/sbin pflogsumm " + file);
  const auto has = [&report](std::string_view count, std::string_view what) {
    for (std::size_t at = report.find(what); at != std::string::npos;
         at = report.find(what, at + 1)) {
      const std::size_t start = report.rfind('\n', at) + 1;
      if (report.substr(start, at - start).find(count) != std::string::npos) return true;
    }
    return false;
  };
  EXPECT_TRUE(has(" 10 ", " delivered\n")) << report;
  EXPECT_TRUE(has(" 22 ", " deferred ")) << report;
  EXPECT_TRUE(has(" 3 ", " bounced\n")) << report;
  EXPECT_TRUE(has(" 200 ", " bytes delivered\n")) << "size= is read: " << report;
  EXPECT_TRUE(has("  error ", "(total: 15)\n")) << report;
  EXPECT_NE(report.find("Connection refused"), std::string::npos) << report;
  EXPECT_NE(report.find("550 5.1.1"), std::string::npos) << report;

  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);)
    EXPECT_NE(line.find("mail postfix/"), std::string::npos) << line;
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace postern::queue
