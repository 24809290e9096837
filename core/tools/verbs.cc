#include "core/tools/verbs.h"

namespace postern::tools {

Result<VerbCount> apply_verb(const Site& site, QueueVerb verb, const Which& which) {
  auto client = AdminClient::connect(site.admin_socket);
  if (!client && client.error().kind == ErrorKind::kUnavailable)
    return fail(ErrorKind::kUnavailable, "{}; the queue can be changed only while it runs",
                client.error().context);
  if (!client) return std::unexpected(client.error());
  return (*client)->apply(verb, which);
}

std::string told(QueueVerb verb, const VerbCount& count) {
  constexpr std::string_view kWords[] = {"Placed on hold", "Released from hold", "Requeued",
                                         "Deleted",        "Force-expired",      "Flushed"};
  std::string out = fmt::format("{}: {} message{}", kWords[static_cast<int>(verb)], count.changed,
                                count.changed == 1 ? "" : "s");
  if (count.failed > 0) out += fmt::format(" ({} could not be recorded)", count.failed);
  return out;
}

}  // namespace postern::tools
