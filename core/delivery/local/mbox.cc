#include "core/delivery/local/mbox.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <ctime>

#include "core/delivery/local/safe_path.h"

namespace postern::delivery {
namespace {

void pause_ms(std::uint32_t milliseconds) {
  timespec left{static_cast<time_t>(milliseconds / 1000),
                static_cast<long>(milliseconds % 1000) * 1'000'000};
  while (::nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

}  // namespace

std::string from_line(std::string_view reverse_path, std::uint64_t arrival) {
  std::string sender(reverse_path.empty() ? "MAILER-DAEMON" : reverse_path);
  for (char& c : sender)
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F) c = '_';
  const auto seconds = static_cast<time_t>(arrival);
  tm parts{};
  char text[64] = "";
  if (::gmtime_r(&seconds, &parts) != nullptr)
    std::strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &parts);
  return fmt::format("From {}  {}\n", sender, text);
}

Result<void> MboxWriter::open_parent() {
  auto components = split_relative_path(order_.path);
  if (!components) return std::unexpected(components.error());
  if (components->empty()) return fail(ErrorKind::kInvalid, "mailbox path is empty");
  name_ = components->back();
  components->pop_back();
  auto parent = open_directory(order_.base, *components, {order_.owner.uid, order_.base != "/"});
  if (!parent) return std::unexpected(parent.error());
  parent_ = std::move(*parent);
  return {};
}

Result<void> MboxWriter::take_dotlock() {
  const std::string lock = name_ + ".lock";
  for (std::uint32_t attempt = 0; attempt < order_.lock_attempts; ++attempt) {
    if (attempt > 0) pause_ms(order_.lock_delay_ms);
    UniqueFd fd(::openat(parent_.get(), lock.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (fd) {
      has_dotlock_ = true;
      return {};
    }
    if (errno != EEXIST) return fail_errno("cannot create lock file " + shown() + ".lock");
    struct stat status{};
    if (::fstatat(parent_.get(), lock.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        ::time(nullptr) - status.st_mtime > static_cast<time_t>(order_.stale_lock_seconds))
      ::unlinkat(parent_.get(), lock.c_str(), 0);
  }
  return fail(ErrorKind::kTimeout, "mailbox {} is locked ({}.lock) by another program", shown(),
              name_);
}

Result<void> MboxWriter::check_file(const struct stat& status) const {
  if (!S_ISREG(status.st_mode))
    return fail(ErrorKind::kPermission, "mailbox {} is not a regular file", shown());
  if (status.st_nlink != 1)
    return fail(ErrorKind::kPermission, "mailbox {} has {} names (hard links)", shown(),
                status.st_nlink);
  // A /file/name destination may belong to anybody who lets us write; a user's mailbox may not.
  if (order_.base != "/" && status.st_uid != order_.owner.uid)
    return fail(ErrorKind::kPermission, "mailbox {} belongs to uid {}, not to uid {}", shown(),
                status.st_uid, order_.owner.uid);
  return {};
}

Result<void> MboxWriter::open_file() {
  constexpr int kFlags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  for (int attempt = 0; attempt < 2 && !file_; ++attempt) {
    file_.reset(::openat(parent_.get(), name_.c_str(), kFlags));
    if (file_ || errno != ENOENT) break;
    file_.reset(::openat(parent_.get(), name_.c_str(), kFlags | O_CREAT | O_EXCL, 0600));
    is_new_ = static_cast<bool>(file_);
    if (file_ || errno != EEXIST) break;
  }
  if (!file_ && errno == ELOOP)
    return fail(ErrorKind::kPermission, "mailbox {} is a symlink: not followed", shown());
  if (!file_) return fail_errno("cannot open mailbox " + shown());
  struct stat status{};
  if (::fstat(file_.get(), &status) != 0) return fail_errno("cannot examine " + shown());
  return check_file(status);
}

Result<void> MboxWriter::take_fcntl_lock() {
  for (std::uint32_t attempt = 0; attempt < order_.lock_attempts; ++attempt) {
    if (attempt > 0) pause_ms(order_.lock_delay_ms);
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    // Belongs to the open file, not the process: two of our threads exclude each other too.
    if (::fcntl(file_.get(), F_OFD_SETLK, &lock) == 0) return {};
    if (errno != EACCES && errno != EAGAIN) return fail_errno("cannot lock mailbox " + shown());
  }
  return fail(ErrorKind::kTimeout, "mailbox {} is locked by another program", shown());
}

Result<void> MboxWriter::append_at(const mail::Content& content, std::uint64_t size) {
  StreamForm form;
  char last = '\n';
  if (size > 0 && ::pread(file_.get(), &last, 1, static_cast<off_t>(size) - 1) != 1)
    return fail_errno("cannot read mailbox " + shown());
  if (last != '\n') form.prologue = "\n";
  form.prologue += from_line(order_.reverse_path, order_.arrival) + order_.prologue;
  form.quote_from = true;
  form.end_blank_line = true;
  if (::lseek(file_.get(), static_cast<off_t>(size), SEEK_SET) < 0)
    return fail_errno("cannot seek in mailbox " + shown());
  auto to_file = write_to(file_.get(), "mailbox " + shown());
  std::uint64_t total = size;
  const auto done = stream_message(content, form, [&](std::string_view piece) -> Result<void> {
    total += piece.size();
    if (order_.size_limit != 0 && total > order_.size_limit)
      return fail(ErrorKind::kLimit, "mailbox {} would exceed its limit of {} octets", shown(),
                  order_.size_limit);
    return to_file(piece);
  });
  if (!done) return std::unexpected(done.error());
  if (::fsync(file_.get()) != 0) return fail_errno("cannot fsync mailbox " + shown());
  if (is_new_) return sync_directory(parent_.get(), shown());
  return {};
}

Result<void> MboxWriter::append(const mail::Content& content) {
  struct stat status{};
  if (::fstat(file_.get(), &status) != 0) return fail_errno("cannot examine " + shown());
  struct stat named{};
  // While we waited for the lock another program may have replaced the file.
  if (::fstatat(parent_.get(), name_.c_str(), &named, AT_SYMLINK_NOFOLLOW) != 0 ||
      named.st_ino != status.st_ino || named.st_dev != status.st_dev)
    return fail(ErrorKind::kPermission, "mailbox {} was replaced while it was being locked",
                shown());
  if (auto ok = check_file(status); !ok) return ok;
  auto done = append_at(content, static_cast<std::uint64_t>(status.st_size));
  if (!done) {
    // Half a message must not stay: the next From_ line would make it somebody's mail.
    if (::ftruncate(file_.get(), status.st_size) != 0 || ::fsync(file_.get()) != 0)
      done.error().context += "; the mailbox could not be cut back";
  }
  return done;
}

LocalOutcome MboxWriter::explain(const Error& error) const {
  if (error.kind == ErrorKind::kPermission || error.kind == ErrorKind::kNotFound)
    return deferred(
        "4.2.0", "mailbox delivery failed: " + error.describe(),
        fmt::format("let uid {} write {} and its directory", order_.owner.uid, shown()));
  if (error.kind == ErrorKind::kInvalid)
    return deferred("4.3.5", "mail system configuration error", error.describe());
  auto outcome = outcome_of(error);
  outcome.diagnostic = "mailbox delivery failed: " + outcome.diagnostic;
  return outcome;
}

LocalOutcome MboxWriter::write(const mail::Content& content) {
  auto ok = open_parent();
  if (ok && order_.use_dotlock) ok = take_dotlock();
  if (ok) ok = open_file();
  if (ok && order_.use_fcntl_lock) ok = take_fcntl_lock();
  if (ok) ok = append(content);
  file_.reset();
  if (has_dotlock_) ::unlinkat(parent_.get(), (name_ + ".lock").c_str(), 0);
  if (!ok) return explain(ok.error());
  return delivered("delivered to mailbox");
}

}  // namespace postern::delivery
