#include "core/delivery/local/perform.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/unique_fd.h"
#include "core/delivery/local/command.h"
#include "core/delivery/local/maildir.h"
#include "core/delivery/local/mbox.h"

namespace postern::delivery {
namespace {

OrderResult read_list(const ReadOrder& order) {
  OrderResult out;
  // O_NONBLOCK: a FIFO in place of the file must not hold us.
  UniqueFd fd(::open(order.path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd) {
    out.is_missing = errno == ENOENT || errno == ENOTDIR;
    out.outcome = outcome_of(fail_errno("cannot open " + order.path).error());
    return out;
  }
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    out.outcome = deferred("4.2.0", order.path + " is not a regular file");
    return out;
  }
  if (order.reject_shared_writable && (status.st_mode & S_IWOTH) != 0) {
    out.outcome =
        deferred("4.2.0", order.path + " may be written by everybody", "chmod o-w " + order.path);
    return out;
  }
  std::string text(order.size_limit + 1, '\0');
  std::size_t size = 0;
  ssize_t got = 0;
  while (size < text.size() && (got = ::read(fd.get(), text.data() + size, text.size() - size)) > 0)
    size += static_cast<std::size_t>(got);
  if (size > order.size_limit) {
    out.outcome =
        deferred("4.2.0", fmt::format("{} is larger than {} octets", order.path, order.size_limit));
    return out;
  }
  text.resize(size);
  out.text = std::move(text);
  out.outcome = delivered("read");
  return out;
}

LocalOutcome write_mailbox(const MailboxOrder& order, const mail::Content& content) {
  // An alias to /dev/null is the customary way to throw mail away.
  if (order.base == "/" && order.path == "dev/null")
    return delivered("delivered to file: /dev/null");
  return order.form == MailboxForm::kMaildir ? MaildirWriter(order).write(content)
                                             : MboxWriter(order).write(content);
}

}  // namespace

OrderResult perform_order(const Order& order, const mail::Content& content) {
  OrderResult out;
  if (const auto* mailbox = std::get_if<MailboxOrder>(&order))
    out.outcome = write_mailbox(*mailbox, content);
  if (const auto* command = std::get_if<CommandOrder>(&order))
    out.outcome = run_command(*command, content);
  if (const auto* list = std::get_if<ReadOrder>(&order)) out = read_list(*list);
  return out;
}

const Identity& owner_of(const Order& order) {
  return std::visit([](const auto& each) -> const Identity& { return each.owner; }, order);
}

Result<void> become(const Identity& identity, gid_t extra_group) {
  if (identity.uid == 0 || identity.gid == 0)
    return fail(ErrorKind::kPermission, "nothing is delivered as root");
  if (::geteuid() == 0) {
    const gid_t groups[] = {identity.gid, extra_group};
    const std::size_t count = extra_group == identity.gid || extra_group == 0 ? 1 : 2;
    if (::setgroups(count, groups) != 0 ||
        ::setresgid(identity.gid, identity.gid, identity.gid) != 0 ||
        ::setresuid(identity.uid, identity.uid, identity.uid) != 0)
      return fail_errno(fmt::format("cannot become uid {}", identity.uid));
    if (::setuid(0) == 0 || ::geteuid() != identity.uid)
      return fail(ErrorKind::kPermission, "root rights could be taken back");
  } else if (::geteuid() != identity.uid) {
    return fail(ErrorKind::kPermission,
                "this process runs as uid {} and cannot deliver as uid {}; start it as root",
                ::geteuid(), identity.uid);
  }
  ::umask(077);
  return {};
}

}  // namespace postern::delivery
