// Cuts the power at every file-system call, in a file system that knows what was synced, and tries
// the states that the disk may be in then: every one where they are few, and otherwise nothing
// kept, all kept, each piece kept alone, each lost alone, and random ones.  A share of the states
// is cut again during recovery; a share is delivered to the end. A piece is a sector of an unsynced
// write, a change of size, or a name: any subset may survive, so torn, reordered and half-written
// writes and lost directory entries are all among them.
#include "core/spool/failing_fs.h"
#include "core/spool/forgetting_fs.h"
#include "tests/crash/harness.h"

namespace postern::crash {
namespace {

using spool::FailingFs;
using spool::ForgettingFs;
using spool::FsCall;

constexpr std::size_t kMostExhaustive = 9;  // pieces; 512 states
constexpr unsigned kRandomStates = 6;       // times the scale
constexpr std::uint64_t kNever = ~0ull;

// One life up to the cut; `fs` holds what was written, synced or not.
struct Cut {
  std::unique_ptr<ForgettingFs> fs;
  Ledger ledger;
  std::uint64_t calls = 0;
};

void plant(FailingFs& fs, const Planted& planted) {
  if (planted.skips_sync) fs.skip_all(FsCall::kSyncData);
  if (planted.skips_directory_sync) fs.skip_all(FsCall::kSyncDirectory);
}

Cut live(const Scenario& scenario, const Planted& planted, std::uint64_t cut_at) {
  Cut out;
  out.fs = std::make_unique<ForgettingFs>(ForgettingFs::Options{});
  FailingFs fs(*out.fs);
  plant(fs, planted);
  fs.cut_at(cut_at);
  // What the process does after the cut happens nowhere: no client hears its answers.
  bool is_alive = true;
  Ledger inside;
  inside.set_observer([&](const Event& event) {
    if (fs.calls() > cut_at) is_alive = false;
    if (is_alive) out.ledger.note(event);
  });
  scenario.play(
      [&] { return std::make_unique<World>(fs, store_options("/spool"), inside, planted.bugs); });
  out.calls = fs.calls();
  return out;
}

using Survives = std::function<bool(std::size_t)>;

class States {
 public:
  States(const Scenario& scenario, const Planted& planted, const Arguments& arguments,
         Findings& findings)
      : scenario_(scenario),
        planted_(planted),
        arguments_(arguments),
        findings_(findings),
        random_(arguments.seed) {}

  void try_all(const Cut& cut, std::uint64_t call) {
    try_power(cut, call);
    // Killed, not cut: everything written is there, synced or not; the power goes in the next life.
    const std::uint64_t at = random_() % 60;
    const auto disk = cut_again(*cut.fs, at);
    check(*disk, cut.ledger,
          fmt::format("{}, seed {}, killed at call {}, power cut at call {} of the next life",
                      scenario_.name, arguments_.seed, call, at));
  }

 private:
  void try_power(const Cut& cut, std::uint64_t call) {
    const std::size_t pieces = cut.fs->unsynced();
    where_ =
        fmt::format("{}, seed {}, power cut at call {}", scenario_.name, arguments_.seed, call);
    if (scenario_.is_short && pieces <= kMostExhaustive) {
      for (std::uint64_t kept = 0; kept < 1ull << pieces; ++kept)
        try_one(cut, fmt::format("kept {:b}", kept),
                [kept](std::size_t piece) { return (kept >> piece & 1) != 0; });
      return;
    }
    try_one(cut, "nothing kept", [](std::size_t) { return false; });
    try_one(cut, "all kept", [](std::size_t) { return true; });
    // With very many pieces, those that were written last are the ones of interest.
    const std::size_t first = pieces > kMostSingle ? pieces - kMostSingle : 0;
    for (std::size_t i = first; i < pieces; ++i) {
      try_one(cut, fmt::format("only {} kept", i), [i](std::size_t piece) { return piece == i; });
      try_one(cut, fmt::format("only {} lost", i), [i](std::size_t piece) { return piece != i; });
    }
    for (unsigned i = 0; i < kRandomStates * arguments_.scale; ++i) {
      const std::uint64_t seed = random_();
      try_one(cut, fmt::format("random {}", seed), [seed](std::size_t piece) {
        return (std::mt19937_64(seed + piece)() >> 17 & 1) != 0;
      });
    }
  }

  static constexpr std::size_t kMostSingle = 12;

  void try_one(const Cut& cut, const std::string& what, const Survives& survives) {
    auto disk = cut.fs->after_power_cut(survives);
    const std::string where = where_ + ", " + what;
    if (random_() % 8 == 0) {
      disk = cut_again(*disk, random_() % 40);
      check(*disk, cut.ledger, where + ", cut again in recovery");
    } else {
      check(*disk, cut.ledger, where);
    }
  }

  std::unique_ptr<ForgettingFs> cut_again(ForgettingFs& disk, std::uint64_t at) {
    FailingFs fs(disk);
    plant(fs, planted_);
    fs.cut_at(at);
    const ManualClock clock;
    if (auto store = spool::Store::open(fs, store_options("/spool"), clock)) {
      const auto loaded = (*store)->load([](const spool::IndexEntry&) {});
      if (loaded) (*store)->maintain();
    }
    return disk.after_power_cut([this](std::size_t) { return (random_() & 1) != 0; });
  }

  void check(ForgettingFs& disk, const Ledger& ledger, const std::string& where) {
    FailingFs fs(disk);
    plant(fs, planted_);
    check_spool(fs, store_options("/spool"), ledger, where, findings_);
    if (random_() % 16 == 0) check_drained(fs, store_options("/spool"), ledger, where, findings_);
  }

  const Scenario& scenario_;
  const Planted& planted_;
  const Arguments& arguments_;
  Findings& findings_;
  std::mt19937_64 random_;
  std::string where_;
};

Findings run(const Scenario& scenario, const Planted& planted, const Arguments& arguments,
             std::uint64_t stride, std::uint64_t calls) {
  Findings findings;
  States states(scenario, planted, arguments, findings);
  for (std::uint64_t call = arguments.seed % stride; call <= calls; call += stride)
    states.try_all(live(scenario, planted, call), call);
  return findings;
}

constexpr Planted kPlanted[] = {
    {.name = "fsync skipped", .bugs = {}, .skips_sync = true},
    {.name = "directory fsync skipped", .bugs = {}, .skips_directory_sync = true},
    {.name = "250 before commit", .bugs = {.is_acked_before_commit = true}},
    {.name = "result before delivery", .bugs = {.is_recorded_before_delivery = true}},
};

}  // namespace
}  // namespace postern::crash

int main(int argc, char** argv) {
  using namespace postern::crash;
  const Arguments arguments = Arguments::parse(argc, argv);
  print_head("power cut at every file-system call", arguments);
  const Scenario& deliver = scenarios()[1];
  bool is_good = finds_planted(kPlanted, [&](const Planted& planted) {
    return run(deliver, planted, arguments, 1, live(deliver, planted, kNever).calls);
  });
  for (const Scenario& scenario : scenarios()) {
    if (!arguments.wants(scenario)) continue;
    const std::uint64_t calls = live(scenario, {}, kNever).calls;
    const std::uint64_t stride =
        scenario.is_short ? 1 : std::max<std::uint64_t>(calls / (70 * arguments.scale), 1);
    const Findings findings = run(scenario, {}, arguments, stride, calls);
    print_findings(scenario.name, calls, findings);
    is_good = is_good && findings.violation_count == 0;
  }
  return is_good ? 0 : 1;
}
