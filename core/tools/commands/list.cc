// postern list: the queue, or the part of it that a sender, recipient or destination selects.
// mailq is the same with mailq's options, which all mean nothing to us but -v and Ac/Am.

#include "core/tools/commands.h"
#include "core/tools/options.h"
#include "core/tools/queue_source.h"
#include "core/tools/queue_text.h"
#include "core/tools/selector_options.h"

namespace postern::tools {
namespace {

constexpr std::string_view kUsage =
    "[-c dir] [--json] [--sender address] [--recipient address] [--destination domain] [queue_id "
    "...]";

int list(const Io& io, std::string_view called_as, const std::optional<std::string>& directory,
         const Which& which, bool is_json) {
  const auto site = open_site(directory);
  if (!site) return fail_with(io, called_as, site.error());
  auto source =
      QueueSource::open(*site, [&](std::string_view text) { warn(io, called_as, "{}", text); });
  if (!source) return fail_with(io, called_as, source.error());
  MailqText text;
  const auto listed = source->list(which, [&](const QueuedMessage& message) {
    print(io, "{}", is_json ? mailq_json(message) : text.entry(message));
    return std::ferror(io.out) == 0;
  });
  if (!listed) return fail_with(io, called_as, listed.error());
  if (!is_json) print(io, "{}", text.end());
  return EX_OK;
}

}  // namespace

int run_list(const Io& io, std::string_view called_as, const Arguments& arguments) {
  std::optional<std::string> directory;
  Which which;
  bool is_json = false;
  Options options(arguments, "c:jp");
  for (int option; (option = options.next()) != Options::kEnd;) {
    if (option == 'c') {
      directory = options.value();
    } else if (option == 'p') {
      // the default
    } else if (option == 'j' || (option == Options::kLong && options.long_name() == "json")) {
      is_json = true;
    } else if (option != Options::kLong || !read_selector(options, which)) {
      return usage(io, called_as, kUsage);
    }
  }
  which.ids = options.rest();
  if (!which.ids.empty()) {
    if (which.kind != Which::Kind::kAll) return usage(io, called_as, kUsage);
    which.kind = Which::Kind::kIds;
  }
  return list(io, called_as, directory, which, is_json);
}

int run_mailq(const Io& io, std::string_view called_as, const Arguments& arguments) {
  std::optional<std::string> directory;
  Options options(arguments, "A:C:c:qvi");
  for (int option; (option = options.next()) != Options::kEnd;) {
    if (option == 'C' || option == 'c') directory = options.value();
    if (option == Options::kBad) return usage(io, called_as, "[-v] [-C config_dir]");
  }
  return list(io, called_as, directory, {}, false);
}

}  // namespace postern::tools
