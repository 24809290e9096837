#include "core/delivery/local/command.h"

#include <gtest/gtest.h>
#include <sysexits.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "tests/unit/delivery/local/temp_tree.h"

namespace postern::delivery {
namespace {

using testing::TempTree;

class CommandTest : public ::testing::Test {
 protected:
  CommandTest() {
    order.owner = {::getuid(), ::getgid()};
    order.environment = {"PATH=/usr/bin:/bin"};
  }
  LocalOutcome run(std::vector<std::string> argv) {
    order.argv = std::move(argv);
    return run_command(order, mail::MemoryContent(content));
  }
  LocalOutcome shell(const std::string& script) { return run({"/bin/sh", "-c", script}); }

  TempTree tree;
  CommandOrder order;
  std::string content = "Subject: t\r\n\r\nFrom here\r\n.dot\r\n";
};

TEST_F(CommandTest, ReadsTheMessageInTheWantedForm) {
  order.form.prologue = "Return-Path: <s@x>\n";
  order.form.quote_from = true;
  order.form.stuff_dots = true;
  order.form.end_blank_line = true;
  EXPECT_TRUE(shell("cat > " + (tree / "out")).is_delivered());
  EXPECT_EQ(tree.read("out"), "Return-Path: <s@x>\nSubject: t\n\n>From here\n..dot\n\n");
}

TEST_F(CommandTest, ArgumentsAreNeverSeenByAShell) {
  const auto marker = tree / "touched";
  for (const std::string& word :
       {"; touch " + marker, "$(touch " + marker + ")", "`touch " + marker + "`",
        "| touch " + marker, "\n touch " + marker, "' touch " + marker, std::string("*"),
        std::string("-e")}) {
    EXPECT_TRUE(run({"/usr/bin/printf", "%s", word}).is_delivered()) << word;
    EXPECT_FALSE(std::filesystem::exists(marker)) << word;
  }
}

TEST_F(CommandTest, TheEnvironmentIsTheOrdersAlone) {
  ::setenv("SECRET_OF_THE_ENGINE", "x", 1);
  order.environment = {"PATH=/usr/bin:/bin", "SENDER=a@b"};
  EXPECT_TRUE(shell("env > " + (tree / "out")).is_delivered());
  ::unsetenv("SECRET_OF_THE_ENGINE");
  const auto seen = tree.read("out");
  EXPECT_NE(seen.find("SENDER=a@b\n"), std::string::npos);
  EXPECT_EQ(seen.find("SECRET"), std::string::npos);
}

TEST_F(CommandTest, NoDescriptorOfOursReachesIt) {
  const int leaked = ::dup(0);
  ASSERT_GE(leaked, 3);
  EXPECT_TRUE(shell("ls /proc/self/fd | wc -l > " + (tree / "out")).is_delivered());
  ::close(leaked);
  EXPECT_EQ(std::stoi(tree.read("out")), 4);  // 0 1 2 and the listing's own
}

TEST_F(CommandTest, ExitStatusesAreThoseOfSysexits) {
  const struct {
    int exit;
    mail::Outcome outcome;
    const char* status;
  } rows[] = {{0, mail::Outcome::kDelivered, "2.0.0"},
              {EX_USAGE, mail::Outcome::kFailed, "5.3.0"},
              {EX_NOUSER, mail::Outcome::kFailed, "5.1.1"},
              {EX_NOHOST, mail::Outcome::kFailed, "5.1.2"},
              {EX_UNAVAILABLE, mail::Outcome::kFailed, "5.3.0"},
              {EX_CANTCREAT, mail::Outcome::kFailed, "5.2.0"},
              {EX_TEMPFAIL, mail::Outcome::kDeferred, "4.3.0"},
              {EX_NOPERM, mail::Outcome::kFailed, "5.7.0"},
              {EX_CONFIG, mail::Outcome::kFailed, "5.3.5"},
              {1, mail::Outcome::kFailed, "5.3.0"}};
  for (const auto& row : rows) {
    const auto outcome = shell("exit " + std::to_string(row.exit));
    EXPECT_EQ(outcome.outcome, row.outcome) << row.exit;
    EXPECT_EQ(outcome.status, row.status) << row.exit;
  }
}

TEST_F(CommandTest, OutputGivesReasonAndStatusOfTheSameClass) {
  auto outcome = shell("echo '5.7.1 policy says no'; exit " + std::to_string(EX_NOPERM));
  EXPECT_EQ(outcome.status, "5.7.1");
  EXPECT_EQ(outcome.diagnostic, "permission denied. Command output: policy says no");
  outcome = shell("echo '4.7.1 later'; exit " + std::to_string(EX_NOUSER));
  EXPECT_EQ(outcome.status, "5.1.1");
  outcome = shell("echo '4.2.2 full'; exit " + std::to_string(EX_TEMPFAIL));
  EXPECT_EQ(outcome.status, "4.2.2");
}

TEST_F(CommandTest, Row096OutputIsOneHarmlessBoundedLine) {
  const auto outcome =
      outcome_of_exit(1, "a\r\nStatus: 2.0.0\x1b[2J" + std::string(1, '\0') + "tail");
  EXPECT_EQ(outcome.diagnostic.find_first_of("\r\n\x1b"), std::string::npos);
  EXPECT_EQ(outcome.diagnostic.find("tail"), std::string::npos);
  const auto flood = shell("yes x | head -c 3000000; exit 1");
  EXPECT_LE(flood.diagnostic.size(), kCommandOutputLimit + 100);
  EXPECT_EQ(flood.outcome, mail::Outcome::kFailed);
}

TEST_F(CommandTest, SignalsAndMissingProgramsAreSaid) {
  EXPECT_EQ(shell("kill -9 $$").outcome, mail::Outcome::kDeferred);
  const auto missing = run({"/nonexistent/program"});
  EXPECT_EQ(missing.outcome, mail::Outcome::kFailed);
  order.directory = "/nonexistent";
  EXPECT_EQ(run({"/bin/true"}).outcome, mail::Outcome::kDeferred);
}

TEST_F(CommandTest, ACommandThatReadsNothingMaySucceed) {
  content = "S: t\r\n\r\n" + std::string(2'000'000, 'x') + "\r\n";
  EXPECT_TRUE(run({"/bin/true"}).is_delivered());
  EXPECT_EQ(run({"/bin/false"}).outcome, mail::Outcome::kFailed);
}

TEST_F(CommandTest, TimeLimitKillsTheWholeGroup) {
  order.time_limit_seconds = 1;
  const auto pid_file = tree / "pid";
  const auto start = std::chrono::steady_clock::now();
  const auto outcome = shell("sleep 600 & echo $! > " + pid_file + "; wait");
  EXPECT_EQ(outcome.outcome, mail::Outcome::kDeferred);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
  const auto pid = std::stoi(tree.read("pid"));
  // Gone, or a zombie of init's.  The signal is sent by now, but a process dies only when it next
  // gets a CPU.
  std::string state;
  const auto ended = [&] {
    state = TempTree::read_file("/proc/" + std::to_string(pid) + "/stat");
    return state.empty() || state.find(") Z") != std::string::npos ||
           state.find(") X") != std::string::npos;
  };
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!ended() && std::chrono::steady_clock::now() < give_up)
    std::this_thread::yield();
  EXPECT_TRUE(ended()) << state;
}

TEST_F(CommandTest, ADaemonThatKeepsTheOutputOpenDoesNotHoldUs) {
  order.time_limit_seconds = 60;
  const auto start = std::chrono::steady_clock::now();
  const auto outcome = shell("cat > /dev/null; (sleep 20) & exit 0");
  EXPECT_TRUE(outcome.is_delivered());
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(15));
}

TEST_F(CommandTest, SizeLimit) {
  order.size_limit = content.size();
  EXPECT_TRUE(run({"/bin/cat"}).is_delivered());
  ++order.size_limit;
  EXPECT_TRUE(run({"/bin/cat"}).is_delivered());
  order.size_limit = content.size() - 1;
  EXPECT_EQ(run({"/bin/cat"}).status, "5.2.3");
  content.assign(1000 * order.size_limit, 'x');
  EXPECT_EQ(run({"/bin/cat"}).status, "5.2.3");
}

}  // namespace
}  // namespace postern::delivery
