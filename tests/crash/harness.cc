#include "tests/crash/harness.h"

#include <cstdio>
#include <cstdlib>

#include "core/base/log.h"

namespace postern::crash {
namespace {

// The commit that was checked out, for a report that must be reproducible.
std::string commit() {
  std::string out;
  FILE* pipe = ::popen("git -C " POSTERN_SOURCE_DIR " describe --always --dirty 2>/dev/null", "r");
  if (pipe == nullptr) return "unknown";
  char line[128];
  while (std::fgets(line, sizeof line, pipe) != nullptr)
    out += line;
  ::pclose(pipe);
  while (!out.empty() && out.back() == '\n')
    out.pop_back();
  return out.empty() ? "unknown" : out;
}

std::uint64_t number(std::string_view text) {
  return std::strtoull(std::string(text).c_str(), nullptr, 10);
}

}  // namespace

Arguments Arguments::parse(int argc, char** argv) {
  Arguments out;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word.starts_with("--seed=")) {
      out.seed = number(word.substr(7));
    } else if (word.starts_with("--scale=")) {
      out.scale = std::max<std::uint64_t>(number(word.substr(8)), 1);
    } else if (word.starts_with("--only=")) {
      out.only = word.substr(7);
    } else {
      fmt::print(stderr, "usage: {} [--seed=N] [--scale=N] [--only=SCENARIO]\n", argv[0]);
      std::exit(64);
    }
  }
  log::Options options;
  options.file = "/dev/null";
  if (const auto silent = log::configure(options); !silent)
    fmt::print(stderr, "{}\n", silent.error().describe());
  return out;
}

void print_head(std::string_view harness, const Arguments& arguments) {
  fmt::print("{}: seed {}, scale {}, commit {}\n", harness, arguments.seed, arguments.scale,
             commit());
  std::fflush(stdout);
}

void print_findings(std::string_view what, std::uint64_t calls, const Findings& findings) {
  fmt::print(
      "  {:<28} {:>5} calls {:>7} states {:>6} drained {:>5} torn tails {:>5} repeated in the ack "
      "race {:>3} violations\n",
      what, calls, findings.states, findings.drained, findings.torn_tails, findings.repeated,
      findings.violation_count);
  for (const std::string& violation : findings.violations)
    fmt::print("    {}\n", violation);
  std::fflush(stdout);
}

bool finds_planted(std::span<const Planted> planted,
                   const std::function<Findings(const Planted&)>& run) {
  bool all = true;
  for (const Planted& each : planted) {
    const Findings findings = run(each);
    fmt::print("  planted: {:<30} {}\n", each.name,
               findings.violation_count == 0
                   ? "NOT FOUND"
                   : fmt::format("found, e.g. {}", findings.violations.front()));
    std::fflush(stdout);
    all = all && findings.violation_count != 0;
  }
  return all;
}

}  // namespace postern::crash
