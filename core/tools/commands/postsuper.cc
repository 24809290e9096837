// postsuper: Postfix's options for the verbs.  -s, -S and -p repair Postfix's queue directories and
// have nothing to do here.

#include "core/tools/commands.h"
#include "core/tools/selector_options.h"
#include "core/tools/verbs.h"

namespace postern::tools {
namespace {

struct Order {
  QueueVerb verb;
  Arguments words;
};

}  // namespace

int run_postsuper(const Io& io, std::string_view called_as, const Arguments& arguments) {
  constexpr std::string_view kUsage =
      "[-c config_dir] [-d queue_id] [-e queue_id] [-f queue_id] [-h queue_id] [-H queue_id] [-r "
      "queue_id] [-psSv]";
  std::optional<std::string> directory;
  std::vector<Order> orders;
  Options options(arguments, "c:d:e:f:h:H:pr:sSv");
  for (int option; (option = options.next()) != Options::kEnd;) {
    switch (option) {
      case 'c': directory = options.value(); break;
      case 'd': orders.push_back({QueueVerb::kDelete, {options.value()}}); break;
      // -f also releases; ours expires what is on hold anyway.
      case 'e':
      case 'f': orders.push_back({QueueVerb::kExpire, {options.value()}}); break;
      case 'h': orders.push_back({QueueVerb::kHold, {options.value()}}); break;
      case 'H': orders.push_back({QueueVerb::kRelease, {options.value()}}); break;
      case 'r': orders.push_back({QueueVerb::kRequeue, {options.value()}}); break;
      case 'p':
      case 's':
      case 'S':
      case 'v': break;
      default: return usage(io, called_as, kUsage);
    }
  }
  // Names of queues behind the options narrow ALL; of Postfix's, only these hold mail here too.
  const Arguments queues = options.rest();
  for (const std::string& queue : queues)
    if (queue != "deferred" && queue != "active" && queue != "incoming" && queue != "hold")
      return fail_with(io, called_as,
                       {ErrorKind::kInvalid, "no queue named " + queue + " in Postern", 0});
  if (!queues.empty() && queues.size() < 4 && !orders.empty())
    return fail_with(io, called_as,
                     {ErrorKind::kInvalid,
                      "Postern has one queue: to pick from it use mailq and queue ids, or postern "
                      "delete --sender and the like",
                      0});
  if (orders.empty()) return EX_OK;
  const auto site = open_site(directory);
  if (!site) return fail_with(io, called_as, site.error());
  int status = EX_OK;
  for (const Order& order : orders) {
    const auto which = read_ids(io, order.words);
    if (!which) return fail_with(io, called_as, which.error());
    const auto count = apply_verb(*site, order.verb, *which);
    if (!count) return fail_with(io, called_as, count.error());
    fmt::print(io.err, "{}: {}\n", called_as, told(order.verb, *count));
    if (count->failed > 0) status = EX_IOERR;
  }
  return status;
}

}  // namespace postern::tools
