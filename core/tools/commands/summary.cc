// postern summary: how many messages wait for which domain, and for how long; as qshape shows it.

#include <charconv>

#include "core/tools/commands.h"
#include "core/tools/queue_source.h"
#include "core/tools/queue_text.h"
#include "core/tools/selector_options.h"

namespace postern::tools {

int run_summary(const Io& io, std::string_view called_as, const Arguments& arguments) {
  constexpr std::string_view kUsage =
      "[-c dir] [-n rows] [--json] [--sender address] [--recipient address] [--destination domain]";
  std::optional<std::string> directory;
  Which which;
  std::size_t rows = 20;
  bool is_json = false;
  Options options(arguments, "c:n:");
  for (int option; (option = options.next()) != Options::kEnd;) {
    if (option == 'c') {
      directory = options.value();
    } else if (option == 'n') {
      const std::string& text = options.value();
      const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), rows);
      if (fault != std::errc() || end != text.data() + text.size())
        return usage(io, called_as, kUsage);
    } else if (option == Options::kLong && options.long_name() == "json") {
      is_json = true;
    } else if (option != Options::kLong || !read_selector(options, which)) {
      return usage(io, called_as, kUsage);
    }
  }
  if (!options.rest().empty()) return usage(io, called_as, kUsage);
  const auto site = open_site(directory);
  if (!site) return fail_with(io, called_as, site.error());
  auto source =
      QueueSource::open(*site, [&](std::string_view text) { warn(io, called_as, "{}", text); });
  if (!source) return fail_with(io, called_as, source.error());
  const auto summary = source->summarize(which, std::chrono::system_clock::now());
  if (!summary) return fail_with(io, called_as, summary.error());
  print(io, "{}", is_json ? summary_json(*summary) : summary_text(*summary, rows));
  return EX_OK;
}

}  // namespace postern::tools
