// What the harnesses share: arguments, the lines they print, and the rule that a harness which does
// not find the mistakes planted in it has failed.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <string_view>

#include "tests/crash/check.h"
#include "tests/crash/scenario.h"

namespace postern::crash {

struct Arguments {
  std::uint64_t seed = 1;
  std::uint64_t scale = 1;  // 1 is CI's
  std::string only;         // name of a scenario, or "" for all

  // --seed=N --scale=N --only=NAME; prints usage and exits with 64 where it is none of these.
  static Arguments parse(int argc, char** argv);
  bool wants(const Scenario& scenario) const { return only.empty() || only == scenario.name; }
};

// Mistakes in the code that surrounds the spool, by the names the output uses.
struct Planted {
  std::string_view name;
  Bugs bugs;
  bool skips_sync = false;
  bool skips_directory_sync = false;
};

// Prints the head: harness, seed, commit.
void print_head(std::string_view harness, const Arguments& arguments);
// One line of counts; the violations below it.
void print_findings(std::string_view what, std::uint64_t calls, const Findings& findings);

// Runs `run` once for each mistake; every one must leave violations.  False: one did not.
bool finds_planted(std::span<const Planted> planted,
                   const std::function<Findings(const Planted&)>& run);

}  // namespace postern::crash
