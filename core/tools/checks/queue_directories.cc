// The queue's directories: there, of the right owner, on a disk that keeps what it was given.

#include <pwd.h>
#include <sys/stat.h>

#include "core/config/params.h"
#include "core/spool/spool_view.h"
#include "core/tools/checks/findings.h"

namespace postern::tools {
namespace {

namespace params = config::params;

void check_disk(const Site& site, Findings& findings) {
  spool::SpaceInfo space;
  if (spool::FileSystem::posix().space(site.queue_directory, space) != 0) return;
  const config::Settings& settings = site.settings();
  const std::string place = place_of(settings, "queue_directory");
  if (space.is_volatile &&
      settings.get(params::queue_durability) == config::QueueDurability::kDurable &&
      !settings.get(params::queue_volatile_allowed))
    findings.error(place, "queue_directory",
                   "{} is on {}, which is empty after a loss of power: the engine does not start "
                   "there with queue_durability = durable",
                   site.queue_directory, space.type);
  if (space.is_read_only)
    findings.error(place, "queue_directory", "{} is on a read-only file system",
                   site.queue_directory);
  const std::uint64_t least = settings.get(params::queue_minfree).value;
  if (space.free_octets < least)
    findings.error(place, "queue_minfree", "{} octets are free where queue_minfree wants {}",
                   space.free_octets, least);
}

void check_maildrop(const Site& site, Findings& findings) {
  struct stat info = {};
  if (::stat(site.maildrop.c_str(), &info) != 0) return;  // the engine makes it
  // Without the sticky bit one user could remove another's mail.
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (info.st_mode & S_ISVTX) == 0)
    findings.error(site.maildrop, "", "others can write there: chmod +t {}", site.maildrop);
  if ((info.st_mode & S_IROTH) != 0 && (info.st_mode & S_IWOTH) != 0)
    findings.error(site.maildrop, "", "everybody can list it: chmod o-r {}", site.maildrop);
}

}  // namespace

void check_queue(const Site& site, Findings& findings) {
  struct stat info = {};
  if (::stat(site.queue_directory.c_str(), &info) != 0) {
    findings.warning(place_of(site.settings(), "queue_directory"), "queue_directory",
                     "{} does not exist yet", site.queue_directory);
    return;
  }
  if ((info.st_mode & S_IWOTH) != 0)
    findings.error(site.queue_directory, "", "everybody can write there: chmod o-w {}",
                   site.queue_directory);
  struct stat spool = {};
  const std::string& owner = site.settings().get(params::mail_owner);
  const passwd* user = ::getpwnam(owner.c_str());
  if (user != nullptr && ::stat(site.spool_directory.c_str(), &spool) == 0 &&
      spool.st_uid != user->pw_uid)
    findings.error(site.spool_directory, "", "belongs to user {} and not to {} (mail_owner)",
                   spool.st_uid, owner);
  check_disk(site, findings);
  check_maildrop(site, findings);
  const auto damaged = spool::list_corrupt(spool::FileSystem::posix(), site.spool_directory);
  if (damaged)
    for (const spool::CorruptItem& each : *damaged)
      if (!each.is_torn)
        findings.warning(each.path, "",
                         "damaged octets of the spool; see postern queue export "
                         "--salvage");
}

}  // namespace postern::tools
