// postern hold, release, requeue, delete, expire, flush: by queue id, sender, recipient or
// destination.  flush without a word means all, the others must be told.

#include "core/tools/commands.h"
#include "core/tools/selector_options.h"
#include "core/tools/verbs.h"

namespace postern::tools {
namespace {

std::optional<QueueVerb> verb_called(std::string_view name) {
  constexpr std::pair<std::string_view, QueueVerb> kVerbs[] = {
      {"hold", QueueVerb::kHold},       {"release", QueueVerb::kRelease},
      {"requeue", QueueVerb::kRequeue}, {"delete", QueueVerb::kDelete},
      {"expire", QueueVerb::kExpire},   {"flush", QueueVerb::kFlush},
  };
  for (const auto& [word, verb] : kVerbs)
    if (word == name) return verb;
  return std::nullopt;
}

}  // namespace

int run_verb(const Io& io, std::string_view called_as, const Arguments& arguments) {
  constexpr std::string_view kUsage =
      "[-c dir] queue_id ... | - | ALL | --sender address | --recipient address | --destination "
      "domain";
  const auto verb = verb_called(called_as);
  std::optional<std::string> directory;
  Which which;
  Options options(arguments, "c:");
  for (int option; (option = options.next()) != Options::kEnd;) {
    if (option == 'c') {
      directory = options.value();
    } else if (option != Options::kLong || !read_selector(options, which)) {
      return usage(io, called_as, kUsage);
    }
  }
  const Arguments words = options.rest();
  const bool is_selected = which.kind != Which::Kind::kAll;
  if (!verb || is_selected == !words.empty()) {
    const bool flush_all = verb == QueueVerb::kFlush && !is_selected && words.empty();
    if (!flush_all) return usage(io, called_as, kUsage);
  }
  if (!words.empty()) {
    const auto ids = read_ids(io, words);
    if (!ids) return fail_with(io, called_as, ids.error());
    which = *ids;
  }
  const auto site = open_site(directory);
  if (!site) return fail_with(io, called_as, site.error());
  const auto count = apply_verb(*site, *verb, which);
  if (!count) return fail_with(io, called_as, count.error());
  print(io, "{}\n", told(*verb, *count));
  return count->failed > 0 ? EX_IOERR : EX_OK;
}

}  // namespace postern::tools
