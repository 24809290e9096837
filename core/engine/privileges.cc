#include "core/engine/privileges.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/unique_fd.h"
#include "core/config/params.h"
#include "core/config/site_paths.h"
#include "core/delivery/local/perform.h"
#include "core/engine/options/agent.h"

namespace postern::engine {
namespace {
namespace params = config::params;

Result<void> own(const std::string& path, const RunAs& run_as, gid_t group, mode_t mode) {
  // Only what we have made: an operator's own directory keeps its rights.
  if (run_as.is_root && ::chown(path.c_str(), run_as.identity.uid, group) != 0)
    return fail_errno("owner of " + path);
  if (::chmod(path.c_str(), mode) != 0) return fail_errno("mode of " + path);
  return {};
}

Result<void> make_directory(const std::string& path, const RunAs& run_as, gid_t group,
                            mode_t mode) {
  if (::mkdir(path.c_str(), 0700) == 0) return own(path, run_as, group, mode);
  if (errno == EEXIST) return {};
  return fail_errno("make directory " + path);
}

}  // namespace

Result<RunAs> decide_user(const config::Settings& settings) {
  RunAs out;
  out.is_root = ::geteuid() == 0;
  out.identity = {::geteuid(), ::getegid()};
  if (!out.is_root) return out;
  const auto identity = find_identity(settings.get(params::mail_owner));
  if (!identity) return fail(identity.error().kind, "mail_owner: {}", identity.error().context);
  if (identity->uid == 0)
    return fail(ErrorKind::kPermission,
                "mail_owner = {}: the engine never runs as root; name an ordinary user",
                settings.get(params::mail_owner));
  out.identity = *identity;
  const std::string& group = settings.get(params::setgid_group);
  const auto with_group = find_identity(settings.get(params::mail_owner) + ":" + group);
  if (with_group) out.setgid_group = with_group->gid;
  return out;
}

Result<void> prepare_directories(const config::Settings& settings, const RunAs& run_as) {
  const std::string& queue = settings.get(params::queue_directory);
  const gid_t group = run_as.identity.gid;
  // Postfix's own modes: the maildrop takes files from the group, and shows it none.
  const bool has_group = run_as.setgid_group.has_value();
  const struct {
    std::string path;
    gid_t group;
    mode_t mode;
  } directories[] = {
      {queue, group, 0755},
      {config::spool_directory(settings), group, 0700},
      {config::maildrop_directory(settings), run_as.setgid_group.value_or(group),
       static_cast<mode_t>(has_group ? 0730 : 0700)},
      {queue + "/private", group, 0755},
  };
  for (const auto& [path, owner_group, mode] : directories)
    if (auto made = make_directory(path, run_as, owner_group, mode); !made) return made;
  return {};
}

Result<void> prepare_log_file(const std::string& file, const RunAs& run_as) {
  if (!run_as.is_root || file.empty() || file.starts_with("/dev/")) return {};
  const UniqueFd made(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640));
  if (!made) return {};  // it exists, or opening the log will say what is wrong
  if (::fchown(made.get(), run_as.identity.uid, run_as.identity.gid) != 0)
    return fail_errno("owner of " + file);
  return {};
}

Result<void> drop_rights(const RunAs& run_as) {
  if (run_as.is_root) {
    if (auto done =
            delivery::become(run_as.identity, run_as.setgid_group.value_or(run_as.identity.gid));
        !done)
      return done;
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("PR_SET_NO_NEW_PRIVS");
  if (::geteuid() == 0 || ::getuid() == 0)
    return fail(ErrorKind::kPermission, "the process is still root");
  return {};
}

}  // namespace postern::engine
