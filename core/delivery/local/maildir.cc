#include "core/delivery/local/maildir.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <atomic>

#include "core/delivery/local/maildir_quota.h"
#include "core/delivery/local/safe_path.h"

namespace postern::delivery {
namespace {

std::atomic<std::uint32_t> delivery_counter{0};

// Maildir names may not hold '/' or ':'; a host name that does is shown with '_'.
std::string name_safe(std::string host) {
  for (char& c : host)
    if (c == '/' || c == ':' || c == ',' || static_cast<unsigned char>(c) <= ' ') c = '_';
  return host.empty() ? "localhost" : host.substr(0, 128);
}

std::uint64_t random_bits() {
  std::uint64_t bits = 0;
  if (::getrandom(&bits, sizeof bits, 0) != sizeof bits) bits = 0;
  return bits;
}

class RemoveTemporary {
 public:
  RemoveTemporary(const UniqueFd& directory, const std::string& name)
      : directory_(directory), name_(name) {}
  ~RemoveTemporary() {
    if (!name_.empty()) ::unlinkat(directory_.get(), name_.c_str(), 0);
  }

 private:
  const UniqueFd& directory_;
  const std::string& name_;
};

}  // namespace

Result<void> MaildirWriter::open_parts() {
  const auto components = split_relative_path(order_.path);
  if (!components) return std::unexpected(components.error());
  const WalkRules rules{order_.owner.uid, true};
  auto maildir = open_directory(order_.base, *components, rules);
  if (!maildir) return std::unexpected(maildir.error());
  maildir_ = std::move(*maildir);
  const auto shown = order_.base + "/" + order_.path;
  struct stat status{};
  if (::fstat(maildir_.get(), &status) != 0) return fail_errno("cannot examine " + shown);
  // Below the Maildir itself nobody but its owner has anything to say.
  const uid_t owner = status.st_uid;
  if (owner != order_.owner.uid)
    return fail(ErrorKind::kPermission, "Maildir {} belongs to uid {}, not to uid {}", shown, owner,
                order_.owner.uid);
  for (const auto& [name, fd] :
       {std::pair<const char*, UniqueFd*>{"tmp", &tmp_}, {"new", &new_}, {"cur", &cur_}}) {
    auto part = open_child_directory(maildir_.get(), name, rules, owner, shown + "/" + name);
    if (!part) return std::unexpected(part.error());
    *fd = std::move(*part);
  }
  return {};
}

Result<void> MaildirWriter::create_temporary() {
  for (int attempt = 0; attempt < 5; ++attempt) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    auto name = fmt::format("{}.P{}Q{}R{:016x}.{}", now.tv_sec, ::getpid(), ++delivery_counter,
                            random_bits(), name_safe(order_.host));
    file_.reset(::openat(tmp_.get(), name.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (file_) {
      temporary_ = std::move(name);
      return {};
    }
    if (errno != EEXIST) break;
  }
  return fail_errno("cannot create a file in " + order_.base + "/" + order_.path + "/tmp");
}

Result<std::uint64_t> MaildirWriter::fill(const mail::Content& content) {
  StreamForm form;
  form.prologue = order_.prologue;
  const auto octets = stream_message(content, form, write_to(file_.get(), "Maildir file"));
  if (!octets) return octets;
  if (::fsync(file_.get()) != 0) return fail_errno("cannot fsync the Maildir file");
  return octets;
}

Result<void> MaildirWriter::publish(std::uint64_t octets) {
  struct stat status{};
  if (::fstat(file_.get(), &status) != 0) return fail_errno("cannot examine the Maildir file");
  if (file_.close() != 0) return fail_errno("cannot close the Maildir file");
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const auto name =
      fmt::format("{}.M{}P{}V{:x}I{:x}_{}.{},S={}", now.tv_sec, now.tv_nsec / 1000, ::getpid(),
                  status.st_dev, status.st_ino, ++delivery_counter, name_safe(order_.host), octets);
  if (::linkat(tmp_.get(), temporary_.c_str(), new_.get(), name.c_str(), 0) != 0) {
    // A file system without hard links; RENAME_NOREPLACE has link's refusal of an existing name.
    const bool no_links = errno == EPERM || errno == EOPNOTSUPP || errno == EMLINK;
    if (!no_links || ::renameat2(tmp_.get(), temporary_.c_str(), new_.get(), name.c_str(),
                                 RENAME_NOREPLACE) != 0)
      return fail_errno("cannot link the message into " + order_.base + "/" + order_.path + "/new");
    temporary_.clear();
  }
  return sync_directory(new_.get(), order_.base + "/" + order_.path + "/new");
}

LocalOutcome MaildirWriter::explain(const Error& error) const {
  if (error.kind == ErrorKind::kPermission || error.kind == ErrorKind::kNotFound)
    return deferred("4.2.0", "maildir delivery failed: " + error.describe(),
                    fmt::format("give {}/{} to uid {} with mode 0700", order_.base, order_.path,
                                order_.owner.uid));
  if (error.kind == ErrorKind::kInvalid)
    return deferred("4.3.5", "mail system configuration error", error.describe());
  auto outcome = outcome_of(error);
  outcome.diagnostic = "maildir delivery failed: " + outcome.diagnostic;
  return outcome;
}

LocalOutcome MaildirWriter::write(const mail::Content& content) {
  if (order_.size_limit != 0 && content.size() > order_.size_limit)
    return failed("5.2.3", fmt::format("message of {} octets exceeds the mailbox's limit of {}",
                                       content.size(), order_.size_limit));
  if (auto ok = open_parts(); !ok) return explain(ok.error());
  MaildirQuota quota(maildir_.get(), order_.quota);
  if (auto ok = quota.admit(content.size()); !ok) return explain(ok.error());
  RemoveTemporary guard(tmp_, temporary_);
  if (auto ok = create_temporary(); !ok) return explain(ok.error());
  const auto octets = fill(content);
  if (!octets) return explain(octets.error());
  if (auto ok = publish(*octets); !ok) return explain(ok.error());
  quota.add(*octets);
  return delivered("delivered to maildir");
}

}  // namespace postern::delivery
