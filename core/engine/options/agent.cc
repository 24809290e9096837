#include "core/engine/options/agent.h"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <charconv>

#include "core/config/params.h"
#include "core/delivery/local/pipe_service.h"
#include "core/engine/options/text.h"

namespace postern::engine {
namespace {
namespace params = config::params;

std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

}  // namespace

Result<delivery::Identity> find_identity(std::string_view user_and_group) {
  const auto colon = user_and_group.find(':');
  const std::string user(user_and_group.substr(0, colon));
  delivery::Identity out;
  std::vector<char> buffer(16 * 1024);
  passwd entry{};
  passwd* found = nullptr;
  if (const auto uid = number(user)) {
    getpwuid_r(*uid, &entry, buffer.data(), buffer.size(), &found);
  } else {
    getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
  }
  if (found == nullptr)
    return fail(ErrorKind::kNotFound, "user {}: the passwd table has no such user", user);
  out = {found->pw_uid, found->pw_gid};
  if (colon == std::string_view::npos) return out;
  const std::string group_name(user_and_group.substr(colon + 1));
  if (const auto gid = number(group_name)) {
    out.gid = *gid;
    return out;
  }
  group group_entry{};
  group* group_found = nullptr;
  getgrnam_r(group_name.c_str(), &group_entry, buffer.data(), buffer.size(), &group_found);
  if (group_found == nullptr)
    return fail(ErrorKind::kNotFound, "group {}: the group table has no such group", group_name);
  out.gid = group_found->gr_gid;
  return out;
}

Result<delivery::AgentPolicy> agent_policy(const config::Settings& settings) {
  delivery::AgentPolicy out;
  out.minimum_uid =
      static_cast<uid_t>(std::max<std::int64_t>(1, settings.get(params::virtual_minimum_uid)));
  out.spool_directory = settings.get(params::mail_spool_directory);
  for (const std::string& base : {settings.get(params::virtual_mailbox_base), out.spool_directory})
    if (!base.empty()) out.mailbox_bases.push_back(base);
  out.allow_files = !settings.get(params::allow_mail_to_files).empty();
  const auto& commands = settings.get(params::allow_mail_to_commands);
  out.allow_user_commands = has_word(commands, "forward");
  if (!commands.empty()) {
    const auto identity = find_identity(settings.get(params::default_privs));
    if (!identity) return fail(ErrorKind::kNotFound, "default_privs: {}", identity.error().context);
    out.command_uids.push_back(identity->uid);
  }
  for (const config::ServiceEntry& entry : settings.master().entries()) {
    if (entry.command != "pipe") continue;
    const auto service = delivery::PipeService::parse(entry.name, entry.arguments);
    if (!service)
      return fail(service.error().kind, "{}: {}", entry.place.describe(), service.error().context);
    const auto identity = find_identity(service->user);
    if (!identity)
      return fail(identity.error().kind, "{}: {}: user=: {}", entry.place.describe(), entry.name,
                  identity.error().context);
    out.command_uids.push_back(identity->uid);
  }
  return out;
}

}  // namespace postern::engine
