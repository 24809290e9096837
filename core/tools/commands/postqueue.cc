// postqueue: Postfix's unprivileged door to the queue: -p and -j list, -f, -i and -s flush.

#include "core/tools/commands.h"
#include "core/tools/options.h"
#include "core/tools/verbs.h"

namespace postern::tools {

int run_postqueue(const Io& io, std::string_view called_as, const Arguments& arguments) {
  constexpr std::string_view kUsage = "[-c config_dir] -f | -i queue_id | -j | -p | -s site";
  std::optional<std::string> directory;
  char action = 0;
  Which which;
  Options options(arguments, "c:fi:jps:v");
  for (int option; (option = options.next()) != Options::kEnd;) {
    if (option == 'c') {
      directory = options.value();
    } else if (option == 'v') {
      continue;
    } else if (option < 0 || option == Options::kLong || action != 0) {
      return usage(io, called_as, kUsage);
    } else {
      action = static_cast<char>(option);
      if (action == 'i') which = {Which::Kind::kIds, {options.value()}, {}};
      if (action == 's') which = {Which::Kind::kDestination, {}, options.value()};
    }
  }
  if (action == 0 || !options.rest().empty()) return usage(io, called_as, kUsage);
  if (action == 'p' || action == 'j') {
    Arguments words{action == 'p' ? "-p" : "-j"};
    if (directory) words.insert(words.end(), {"-c", *directory});
    return run_list(io, called_as, words);
  }
  const auto site = open_site(directory);
  if (!site) return fail_with(io, called_as, site.error());
  const auto count = apply_verb(*site, QueueVerb::kFlush, which);
  if (!count) return fail_with(io, called_as, count.error());
  if (action == 'i' && count->matched == 0)
    return fail_with(io, called_as, {ErrorKind::kNotFound, which.ids[0] + ": not in the queue", 0});
  return EX_OK;
}

}  // namespace postern::tools
