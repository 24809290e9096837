// Running one external command with a message on its standard input: no shell, an own process
// group, a clean environment, a deadline, and a bounded look at what it prints. The caller has
// already taken the rights the command is to run with.  Blocking; safe in a program with threads
// (nothing between fork and exec allocates or locks). Exit statuses are those of sysexits.h, as
// pipe(8) and local(8) read them.
#pragma once

#include "core/delivery/local/order.h"

namespace postern::delivery {

// Octets of output kept for the diagnostic.
constexpr std::size_t kCommandOutputLimit = 4096;

// 2.0.0 for exit status 0; 4.3.0 for EX_TEMPFAIL, a signal or the time limit; 5.x.y else.
// Output that begins with an enhanced status code of the same class sets the status.
LocalOutcome run_command(const CommandOrder& order, const mail::Content& content);

// What an exit status says, without output: for run_command and its tests.
LocalOutcome outcome_of_exit(int exit_status, std::string_view output);

}  // namespace postern::delivery
