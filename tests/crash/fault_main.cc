// Lets one file-system call fail, each call of each scenario with each error in turn, and goes on:
// nothing acknowledged may be lost, a refusal must say the right thing and stay a refusal, no page
// is written or synced again after its sync failed, and the core must be well again when the disk
// is.  At the end the power goes, so that what was only thought to be synced shows.
#include <cerrno>
#include <cstring>
#include <map>

#include "core/spool/failing_fs.h"
#include "core/spool/forgetting_fs.h"
#include "tests/crash/harness.h"

namespace postern::crash {
namespace {

using namespace std::chrono_literals;
using spool::FailingFs;
using spool::FileSystem;
using spool::ForgettingFs;
using spool::FsCall;
using spool::OpenMode;

// Passes everything on and remembers descriptors whose sync has failed: after that the kernel may
// have dropped the pages and forgotten the error, so whoever writes or syncs there again is fooled.
class SuspicionFs final : public FileSystem {
 public:
  explicit SuspicionFs(FileSystem& inner) : inner_(inner) {}
  std::uint64_t retries() const { return retries_; }

  int open(const std::string& path, OpenMode mode) override { return inner_.open(path, mode); }
  int close(int fd) override {
    forget(fd);
    return inner_.close(fd);
  }
  ssize_t pread(int fd, std::span<char> buffer, std::uint64_t offset) override {
    return inner_.pread(fd, buffer, offset);
  }
  ssize_t pwritev(int fd, std::span<const iovec> pieces, std::uint64_t offset) override {
    suspect(fd, false);
    return inner_.pwritev(fd, pieces, offset);
  }
  int sync_data(int fd) override {
    suspect(fd, false);
    const int result = inner_.sync_data(fd);
    const int error = errno;
    if (result != 0) suspect(fd, true);
    errno = error;
    return result;
  }
  int sync_directory(const std::string& path) override { return inner_.sync_directory(path); }
  int allocate(int fd, std::uint64_t size) override { return inner_.allocate(fd, size); }
  int truncate(int fd, std::uint64_t size) override { return inner_.truncate(fd, size); }
  int lock(int fd) override { return inner_.lock(fd); }
  int rename(const std::string& from, const std::string& to) override {
    return inner_.rename(from, to);
  }
  int unlink(const std::string& path) override { return inner_.unlink(path); }
  int make_directory(const std::string& path) override { return inner_.make_directory(path); }
  int list(const std::string& path, std::vector<std::string>& names) override {
    return inner_.list(path, names);
  }
  int info(const std::string& path, spool::FileInfo& out) override {
    return inner_.info(path, out);
  }
  int space(const std::string& path, spool::SpaceInfo& out) override {
    return inner_.space(path, out);
  }
  uid_t user() override { return inner_.user(); }

 private:
  void suspect(int fd, bool failed) {
    const std::lock_guard lock(mutex_);
    if (failed)
      failed_.insert(fd);
    else if (failed_.contains(fd))
      ++retries_;
  }
  void forget(int fd) {
    const std::lock_guard lock(mutex_);
    failed_.erase(fd);
  }

  FileSystem& inner_;
  std::mutex mutex_;
  std::set<int> failed_;
  std::uint64_t retries_ = 0;
};

constexpr int kShortWrite = 0;
constexpr int kErrors[] = {EIO, ENOSPC, EDQUOT, EFBIG, EMFILE, EROFS, kShortWrite};

std::string name_of(int error) {
  return error == kShortWrite ? "a short write" : strerrorname_np(error);
}

class Fault {
 public:
  Fault(const Scenario& scenario, const Planted& planted, std::uint64_t call, int error)
      : scenario_(scenario), planted_(planted), call_(call), error_(error) {}

  std::uint64_t run(Findings& findings) {
    plant();
    if (call_ != kNever) failing_.fail_at(call_, error_);
    scenario_.play([this] { return life(); });
    const std::uint64_t calls = failing_.calls();
    const auto failed = failing_.failed_call();
    // Threads batch as they please, so a life may have fewer calls than the one that was counted:
    // the fault belongs to it and not to what comes after.
    failing_.fail_at(kNever, 0);
    const std::string where =
        fmt::format("{}, call {} (kind {}) fails with {}", scenario_.name, call_,
                    failed ? static_cast<int>(*failed) : -1, name_of(error_));
    recover(where, findings);
    if (suspicion_.retries() != 0)
      findings.violate(where, "writes or syncs a file again whose sync had failed");
    for (const bool all : {false, true}) {
      const auto disk = disk_.after_power_cut([all](std::size_t) { return all; });
      FailingFs after(*disk);
      if (planted_.skips_sync) after.skip_all(FsCall::kSyncData);
      check_spool(after, store_options("/spool"), ledger_, where, findings);
      if (!all) check_drained(after, store_options("/spool"), ledger_, where, findings);
    }
    return calls;
  }

  static constexpr std::uint64_t kNever = ~0ull;

 private:
  void plant() {
    if (planted_.skips_sync) failing_.skip_all(FsCall::kSyncData);
    if (planted_.skips_directory_sync) failing_.skip_all(FsCall::kSyncDirectory);
  }
  std::unique_ptr<World> life() {
    return std::make_unique<World>(suspicion_, store_options("/spool"), ledger_, planted_.bugs);
  }

  // The disk is well again: so must the core be.
  void recover(const std::string& where, Findings& findings) {
    const auto world = life();
    if (const auto started = world->start(); !started)
      return findings.violate(where, "does not start again: " + started.error().describe());
    world->advance(600s);
    if (const auto error = world->accept(77, {"ok.example"}))
      findings.violate(where, "is not well again: " + error->describe());
    world->advance(600s);
    // Left over for the loss of power.
    world->accept(78, {"later.example", "ok.example"});
  }

  const Scenario& scenario_;
  const Planted& planted_;
  const std::uint64_t call_;
  const int error_;
  ForgettingFs disk_{ForgettingFs::Options{}};
  FailingFs failing_{disk_};
  SuspicionFs suspicion_{failing_};
  Ledger ledger_;
};

// One life with a disk that is full, or fails, from one call on and is well later: refusals, no
// loss, and acceptance again by itself.
void run_outage(FsCall kind, int error, ErrorKind expected, Findings& findings) {
  ForgettingFs disk{ForgettingFs::Options{}};
  FailingFs failing(disk);
  SuspicionFs suspicion(failing);
  Ledger ledger;
  const std::string where =
      fmt::format("outage of call kind {} with {}", static_cast<int>(kind), name_of(error));
  {
    World world(suspicion, store_options("/spool"), ledger);
    if (!world.start()) return findings.violate(where, "does not start");
    world.accept(1, {"later.example"});
    failing.fail_all(kind, error);
    bool is_refused = false;
    for (std::uint64_t seed = 10; seed < 40; ++seed) {
      world.advance(200ms);  // free space is not asked for more often
      const auto refusal = world.accept(seed, {"ok.example"});
      if (!refusal) continue;
      is_refused = true;
      if (refusal->kind != expected)
        findings.violate(where, "refuses with the wrong error: " + refusal->describe());
    }
    if (!is_refused) findings.violate(where, "never refuses");
    if (world.store().accepting()) findings.violate(where, "the gate stays open");
    failing.fail_all(std::nullopt);
    world.advance(5s);
    if (const auto error_after = world.accept(50, {"ok.example"}))
      if (const auto again = (world.advance(5s), world.accept(51, {"ok.example"})))
        findings.violate(where, "is not well again: " + again->describe());
    world.advance(1200s);
    if (world.queued() != 0) findings.violate(where, "does not drain");
  }
  if (suspicion.retries() != 0)
    findings.violate(where, "writes or syncs a file again whose sync had failed");
  for (const bool all : {false, true}) {
    const auto after = disk.after_power_cut([all](std::size_t) { return all; });
    check_spool(*after, store_options("/spool"), ledger, where, findings);
    check_drained(*after, store_options("/spool"), ledger, where, findings);
  }
}

Findings run(const Scenario& scenario, const Planted& planted, std::uint64_t stride,
             std::uint64_t calls, std::span<const int> errors) {
  Findings findings;
  for (std::uint64_t call = 0; call < calls; call += stride)
    for (const int error : errors)
      Fault(scenario, planted, call, error).run(findings);
  return findings;
}

constexpr Planted kPlanted[] = {
    {.name = "fsync skipped", .bugs = {}, .skips_sync = true},
    {.name = "directory fsync skipped", .bugs = {}, .skips_directory_sync = true},
    {.name = "250 before commit", .bugs = {.is_acked_before_commit = true}},
};

}  // namespace
}  // namespace postern::crash

int main(int argc, char** argv) {
  using namespace postern::crash;
  const Arguments arguments = Arguments::parse(argc, argv);
  print_head("one file-system call fails", arguments);
  const auto calls_of = [](const Scenario& scenario) {
    Findings ignored;
    return Fault(scenario, {}, Fault::kNever, 0).run(ignored);
  };
  const Scenario& deliver = scenarios()[1];
  constexpr int kOne[] = {EIO};
  bool is_good = finds_planted(kPlanted, [&](const Planted& planted) {
    return run(deliver, planted, 1, calls_of(deliver), kOne);
  });
  for (const Scenario& scenario : scenarios()) {
    if (!arguments.wants(scenario)) continue;
    const std::uint64_t calls = calls_of(scenario);
    const std::uint64_t stride =
        scenario.is_short ? 1 : std::max<std::uint64_t>(calls / (70 * arguments.scale), 1);
    const Findings findings = run(scenario, {}, stride, calls, kErrors);
    print_findings(scenario.name, calls, findings);
    is_good = is_good && findings.violation_count == 0;
  }
  Findings outages;
  for (const FsCall kind : {FsCall::kWrite, FsCall::kSyncData, FsCall::kSyncDirectory,
                            FsCall::kAllocate, FsCall::kOpen, FsCall::kSpace})
    for (const int error : {EIO, ENOSPC, EDQUOT})
      if (kind != FsCall::kSpace || error == EIO)
        run_outage(kind, error,
                   error == EIO ? postern::ErrorKind::kIo : postern::ErrorKind::kNoSpace, outages);
  print_findings("outages", 0, outages);
  return is_good && outages.violation_count == 0 ? 0 : 1;
}
