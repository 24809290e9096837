// main.cf and master.cf: no text breaks the parsers, and what they took, written anew, is taken as
// the same.
#include "core/config/main_cf.h"
#include "core/config/master_cf.h"
#include "tests/fuzz/fuzz.h"

namespace postern::fuzz {
namespace {

using config::Diagnostics;
using config::MainCf;
using config::MasterCf;

void check_main(std::string_view text, const config::FileLimits& limits) {
  Diagnostics diagnostics;
  const MainCf parsed = MainCf::parse(text, "main.cf", diagnostics, limits);
  std::string written;
  for (const config::Assignment& each : parsed.assignments()) {
    POSTERN_INVARIANT(!each.name.empty());
    POSTERN_INVARIANT(each.value.find('\n') == std::string::npos);
    POSTERN_INVARIANT(parsed.find(each.name) != nullptr);
    written += each.name + " = " + each.value + "\n";
  }
  Diagnostics none;
  const MainCf again = MainCf::parse(written, "main.cf", none);
  POSTERN_INVARIANT(!none.has_errors());
  POSTERN_INVARIANT(again.assignments().size() == parsed.assignments().size());
  for (const config::Assignment& each : parsed.assignments()) {
    POSTERN_INVARIANT(again.find(each.name) != nullptr);
    POSTERN_INVARIANT(again.find(each.name)->value == each.value);
  }
}

void check_master(std::string_view text, const config::FileLimits& limits) {
  Diagnostics diagnostics;
  const MasterCf parsed = MasterCf::parse(text, "master.cf", diagnostics, limits);
  std::string written;
  for (const config::ServiceEntry& each : parsed.entries()) {
    POSTERN_INVARIANT(each.columns.size() >= 8);
    for (const std::string& column : each.columns)
      written += column + " ";
    written += "\n";
    config::service_role(each);
    if (each.type == config::ServiceType::kInet) (void)config::parse_endpoint(each.name);
  }
  config::smtp_listeners(parsed);
  Diagnostics none;
  const MasterCf again = MasterCf::parse(written, "master.cf", none);
  POSTERN_INVARIANT(again.entries().size() == parsed.entries().size());
  for (std::size_t i = 0; i < again.entries().size(); ++i) {
    POSTERN_INVARIANT(again.entries()[i].name == parsed.entries()[i].name);
    POSTERN_INVARIANT(again.entries()[i].command == parsed.entries()[i].command);
    POSTERN_INVARIANT(again.entries()[i].arguments == parsed.entries()[i].arguments);
    POSTERN_INVARIANT(again.entries()[i].overrides.size() == parsed.entries()[i].overrides.size());
  }
}

}  // namespace
}  // namespace postern::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  fuzz::Input input(data, size);
  const std::uint8_t bits = input.octet();
  config::FileLimits limits;
  if ((bits & 1) != 0) limits = {.max_file_bytes = 500, .max_line_bytes = 50};
  if ((bits & 2) != 0)
    fuzz::check_master(input.rest(), limits);
  else
    fuzz::check_main(input.rest(), limits);
  return 0;
}
