// postern reload: the engine reads its files again, or says why it keeps what it has.

#include "core/tools/admin_client.h"
#include "core/tools/commands.h"
#include "core/tools/options.h"
#include "core/tools/site.h"

namespace postern::tools {

int run_reload(const Io& io, std::string_view called_as, const Arguments& arguments) {
  std::optional<std::string> directory;
  Options options(arguments, "c:");
  for (int option; (option = options.next()) != Options::kEnd;) {
    if (option != 'c') return usage(io, called_as, "[-c dir]");
    directory = options.value();
  }
  const auto site = open_site(directory);
  if (!site) return fail_with(io, called_as, site.error());
  const auto client = AdminClient::connect(site->admin_socket);
  if (!client) return fail_with(io, called_as, client.error());
  const auto result = (*client)->reload();
  if (!result) return fail_with(io, called_as, result.error());
  for (const std::string& line : result->diagnostics)
    fmt::print(io.err, "{}: {}\n", called_as, line);
  print(io, "{}\n",
        result->is_applied ? "the new configuration is in force"
                           : "refused: the old configuration stays in force");
  return result->is_applied ? EX_OK : EX_CONFIG;
}

}  // namespace postern::tools
