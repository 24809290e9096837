#include "core/delivery/local/agent_policy.h"

#include <pwd.h>

#include <algorithm>

#include "core/delivery/local/safe_path.h"

namespace postern::delivery {
namespace {

std::string home_of(uid_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16 * 1024);
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return {};
  return entry.pw_dir;
}

// "/var/mail/" in main.cf says that the mailboxes are Maildirs; it is the same directory.
bool is_same_directory(std::string_view a, std::string_view b) {
  while (a.size() > 1 && a.ends_with('/'))
    a.remove_suffix(1);
  while (b.size() > 1 && b.ends_with('/'))
    b.remove_suffix(1);
  return a == b;
}

std::unexpected<Error> refused(std::string why) {
  return fail(ErrorKind::kPermission, "privileged delivery refused: {}", why);
}

Result<void> check_identity(const AgentPolicy& policy, const Identity& owner) {
  if (owner.uid == 0 || owner.gid == 0) return refused("nothing is done as root");
  if (owner.uid < policy.minimum_uid)
    return refused(fmt::format("uid {} is below the minimum {}", owner.uid, policy.minimum_uid));
  if (owner.uid == static_cast<uid_t>(-1) || owner.gid == static_cast<gid_t>(-1))
    return refused("uid or gid -1");
  return {};
}

Result<void> check(const AgentPolicy& policy, const MailboxOrder& order) {
  if (auto path = split_relative_path(order.path); !path || path->empty())
    return refused("mailbox path \"" + order.path + "\"");
  if (order.lock_attempts > 1000 || order.lock_delay_ms > 60'000) return refused("lock bounds");
  const bool configured = std::ranges::any_of(policy.mailbox_bases, [&](const std::string& base) {
    return is_same_directory(base, order.base);
  });
  const bool is_file = policy.allow_files && order.base == "/";
  if (configured || is_file) return {};
  if (policy.allow_homes && !order.base.empty() &&
      is_same_directory(order.base, home_of(order.owner.uid)))
    return {};
  return refused("\"" + order.base + "\" is no directory for mailboxes");
}

Result<void> check(const AgentPolicy& policy, const CommandOrder& order) {
  if (order.argv.empty() || order.argv.front().empty()) return refused("empty command");
  if (!order.directory.empty() && order.directory.front() != '/')
    return refused("relative working directory");
  if (std::ranges::find(policy.command_uids, order.owner.uid) != policy.command_uids.end())
    return {};
  if (policy.allow_user_commands && !home_of(order.owner.uid).empty()) return {};
  return refused(fmt::format("no command runs as uid {}", order.owner.uid));
}

Result<void> check(const AgentPolicy&, const ReadOrder& order) {
  if (order.path.empty() || order.path.front() != '/') return refused("relative path");
  if (order.size_limit > (4u << 20)) return refused("size limit above 4 MiB");
  return {};
}

}  // namespace

bool is_in_spool(const AgentPolicy& policy, const MailboxOrder& order) {
  return !policy.spool_directory.empty() && is_same_directory(policy.spool_directory, order.base);
}

Result<void> check_order(const AgentPolicy& policy, const Order& order) {
  return std::visit(
      [&](const auto& each) -> Result<void> {
        if (auto ok = check_identity(policy, each.owner); !ok) return ok;
        return check(policy, each);
      },
      order);
}

Seconds time_limit_of(const AgentPolicy& policy, const Order& order) {
  std::uint64_t seconds = 60;
  if (const auto* command = std::get_if<CommandOrder>(&order))
    seconds = std::uint64_t{command->time_limit_seconds} + 30;
  if (const auto* mailbox = std::get_if<MailboxOrder>(&order))
    seconds = 600 + 2ull * mailbox->lock_attempts * mailbox->lock_delay_ms / 1000;
  return Seconds(std::min<std::uint64_t>(seconds, policy.max_seconds));
}

}  // namespace postern::delivery
