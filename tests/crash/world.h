// World: one life of an engine's core in the harness's hands: the real store and the real queue
// over a file system that may fail or stop, clients that offer messages, next hops that take them.
// Everything the outside learns goes to the ledger at the moment it would learn it.
//
// What becomes of a recipient is in its domain: ok.example takes it, later.example takes it at the
// second try, no.example refuses it for good (the report is a new message, as engine makes it).
// Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/queue/queue.h"
#include "core/spool/store.h"
#include "tests/crash/ledger.h"
#include "tests/crash/waiting_executor.h"

namespace postern::crash {

// Mistakes that a harness must find.  They live in the harness's clients and next hops; those of
// the file system are planted through FailingFs::skip_all.
struct Bugs {
  bool is_acked_before_commit = false;
  bool is_recorded_before_delivery = false;
};

// Passes on, counts answers that are owed, notes results that the spool says it holds.
class WatchedStore;

class World {
 public:
  World(spool::FileSystem& fs, spool::StoreOptions options, Ledger& ledger, Bugs bugs = {});
  ~World();

  // Opens the store, loads the index.  The error is the store's.
  Result<spool::Recovery> start();
  // Offers one message, waits for its answer.  nullopt: 250; otherwise why not.
  std::optional<Error> accept(std::uint64_t seed, const std::vector<std::string>& domains);
  // Several at a time: they share a sync.
  void accept_together(const std::vector<std::uint64_t>& seeds, const std::string& domain);
  // Until nothing is under way, and then by the clock.
  void settle() { executor_.settle(); }
  void advance(std::chrono::nanoseconds span) { executor_.advance(span); }
  void maintain();
  // Ends the queue and closes the store; idempotent.
  void stop();

  std::size_t queued();
  spool::Store& store();
  bool is_started() const { return queue_ != nullptr; }
  // What the queue says is broken in it, or "".
  std::string find_broken_invariant();

 private:
  class Hop;
  class Site;
  class Reports;
  using Answer = std::function<void(std::optional<Error>)>;
  void offer(std::uint64_t seed, std::shared_ptr<mail::Envelope> envelope, std::string octets,
             Answer answer);

  Ledger& ledger_;
  const Bugs bugs_;
  ManualClock clock_;
  WaitingExecutor executor_{clock_};
  spool::FileSystem& fs_;
  const spool::StoreOptions options_;
  std::unique_ptr<WatchedStore> store_;
  std::unique_ptr<Hop> hop_;
  std::unique_ptr<Site> site_;
  std::unique_ptr<Reports> reports_;
  std::unique_ptr<queue::Queue> queue_;
};

}  // namespace postern::crash
