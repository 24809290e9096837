// Check: does what a crash left agree with what the world outside was told?
//   lost        acknowledged, and a recipient neither waits nor has it nor was reported
//   forgotten   a result the spool said it holds is gone: a second delivery without the excuse of
//               a 250 that was not recorded yet
//   torn        other octets than were sent
//   risen       refused, and delivered all the same
//   alarm       a crash is no corruption, and recovery must not call it so
#pragma once

#include <string>
#include <vector>

#include "core/spool/fs.h"
#include "core/spool/store.h"
#include "tests/crash/ledger.h"

namespace postern::crash {

struct Findings {
  std::vector<std::string> violations;  // at most kMostKept of them
  std::uint64_t violation_count = 0;
  std::uint64_t states = 0;
  std::uint64_t drained = 0;   // states that were also delivered to the end
  std::uint64_t repeated = 0;  // recipients delivered twice, in the ack race
  std::uint64_t torn_tails = 0;

  static constexpr std::size_t kMostKept = 20;
  void violate(const std::string& where, std::string what);
};

// What lies in the spool, read by a store of its own.
void check_spool(spool::FileSystem& fs, const spool::StoreOptions& options, const Ledger& ledger,
                 const std::string& where, Findings& findings);
// Starts a whole core on it and lets it deliver everything, then looks that nothing comes back.
void check_drained(spool::FileSystem& fs, const spool::StoreOptions& options, Ledger ledger,
                   const std::string& where, Findings& findings);

}  // namespace postern::crash
