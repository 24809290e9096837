// Kills the core at every file-system call of accept, delivery, maintenance and recovery, once
// before the call and once after it, on a real disk; then looks at what is left, and lets a new
// life deliver it.  The victim is a child process that writes what the outside world learns into a
// pipe, which outlives it.
// syncs do nothing here: a kill loses no page, and the power harness is about syncs.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "core/spool/failing_fs.h"
#include "tests/crash/harness.h"

namespace postern::crash {
namespace {

using spool::FsCall;

struct Death {
  std::uint64_t call = ~0ull;
  bool is_after = false;
};

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    const char* base = std::getenv("TMPDIR");
    path_ = std::string(base != nullptr ? base : "/tmp") + "/postern-kill-XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) {
      fmt::print(stderr, "cannot make {}\n", path_);
      std::exit(1);
    }
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string spool() const { return path_ + "/spool"; }

 private:
  std::string path_;
};

[[noreturn]] void live_and_die(const Scenario& scenario, const Planted& planted,
                               const std::string& directory, const Death& death, int pipe) {
  spool::FailingFs fs(spool::FileSystem::posix());
  fs.skip_all(FsCall::kSyncData);
  fs.skip_all(FsCall::kSyncDirectory);
  // The hooks run on several threads; whoever makes the call of death dies with all others.
  std::atomic<std::uint64_t> begun{0};
  thread_local std::uint64_t mine = 0;
  fs.set_hook([&](FsCall) {
    mine = begun++;
    if (!death.is_after && mine == death.call) ::_exit(9);
  });
  fs.set_after_hook([&](FsCall) {
    if (death.is_after && mine == death.call) ::_exit(9);
  });
  Ledger ledger;
  ledger.set_observer([pipe](const Event& event) {
    if (::write(pipe, &event, sizeof event) != sizeof event) ::_exit(10);
  });
  const spool::StoreOptions options = store_options(directory);
  scenario.play([&] { return std::make_unique<World>(fs, options, ledger, planted.bugs); });
  ledger.note({Event::Kind::kCalls, 0, begun.load(), 0});
  ::_exit(0);
}

Ledger run_child(const Scenario& scenario, const Planted& planted, const std::string& directory,
                 const Death& death) {
  int ends[2];
  if (::pipe(ends) != 0) std::abort();
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    live_and_die(scenario, planted, directory, death, ends[1]);
  }
  ::close(ends[1]);
  Ledger ledger;
  Event event;
  while (::read(ends[0], &event, sizeof event) == sizeof event)
    ledger.note(event);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status) || (WEXITSTATUS(status) != 9 && WEXITSTATUS(status) != 0)) {
    fmt::print(stderr, "the child died of something else: status {}\n", status);
    std::exit(1);
  }
  return ledger;
}

std::uint64_t calls_of(const Scenario& scenario, const Planted& planted) {
  const TemporaryDirectory directory;
  return run_child(scenario, planted, directory.spool(), {}).calls;
}

Findings run(const Scenario& scenario, const Planted& planted, std::uint64_t stride,
             std::uint64_t calls) {
  Findings findings;
  for (std::uint64_t call = 0; call < calls; call += stride) {
    for (const bool is_after : {false, true}) {
      const TemporaryDirectory directory;
      const Ledger ledger =
          run_child(scenario, planted, directory.spool(), {.call = call, .is_after = is_after});
      const std::string where =
          fmt::format("{}, killed {} call {}", scenario.name, is_after ? "after" : "before", call);
      spool::FailingFs fs(spool::FileSystem::posix());
      fs.skip_all(FsCall::kSyncData);
      fs.skip_all(FsCall::kSyncDirectory);
      const spool::StoreOptions options = store_options(directory.spool());
      check_spool(fs, options, ledger, where, findings);
      check_drained(fs, options, ledger, where, findings);
    }
  }
  return findings;
}

constexpr Planted kPlanted[] = {
    {.name = "250 before commit", .bugs = {.is_acked_before_commit = true}},
    {.name = "result before delivery", .bugs = {.is_recorded_before_delivery = true}},
};

}  // namespace
}  // namespace postern::crash

int main(int argc, char** argv) {
  using namespace postern::crash;
  const Arguments arguments = Arguments::parse(argc, argv);
  print_head("kill at every file-system call", arguments);
  const Scenario& deliver = scenarios()[1];
  bool is_good = finds_planted(kPlanted, [&](const Planted& planted) {
    return run(deliver, planted, 1, calls_of(deliver, planted));
  });
  for (const Scenario& scenario : scenarios()) {
    if (!arguments.wants(scenario)) continue;
    const std::uint64_t calls = calls_of(scenario, {});
    // The long one has thousands of calls; CI takes every so many, from another start each commit.
    const std::uint64_t stride =
        scenario.is_short ? 1 : std::max<std::uint64_t>(calls / (60 * arguments.scale), 1);
    const Findings findings = run(scenario, {}, stride, calls);
    print_findings(scenario.name, calls, findings);
    is_good = is_good && findings.violation_count == 0;
  }
  return is_good ? 0 : 1;
}
