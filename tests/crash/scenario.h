// Scenarios: the traces whose every call is a place to die.  Each runs the same way each time, but
// for the order of calls between the store's threads, and goes on where calls fail.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "tests/crash/world.h"

namespace postern::crash {

// Starts a World over the harness's file system; a scenario may live several times.
using Begin = std::function<std::unique_ptr<World>()>;

struct Scenario {
  std::string_view name;
  bool is_short;  // few enough octets that every loss can be tried
  void (*play)(const Begin& begin);
};

std::span<const Scenario> scenarios();
// Small segments, so that a few messages fill several.
spool::StoreOptions store_options(const std::string& directory);

}  // namespace postern::crash
