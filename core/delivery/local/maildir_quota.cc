#include "core/delivery/local/maildir_quota.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <memory>

#include "core/base/unique_fd.h"
#include "core/delivery/local/message_stream.h"

namespace postern::delivery {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

Directory open_listing(int parent, const char* name) {
  const int fd = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  return Directory(fd < 0 ? nullptr : ::fdopendir(fd));
}

bool exceeds(const QuotaLimit& limit, std::uint64_t octets, std::uint64_t messages) {
  return (limit.octets != 0 && octets > limit.octets) ||
         (limit.messages != 0 && messages > limit.messages);
}

// "1234.host,S=567:2,S" says its own size; that spares a stat.
std::optional<std::uint64_t> size_in_name(std::string_view name) {
  const auto at = name.find(",S=");
  if (at == std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  const auto* begin = name.data() + at + 3;
  const auto [end, error] = std::from_chars(begin, name.data() + name.size(), value);
  if (error != std::errc() || end == begin) return std::nullopt;
  return value;
}

void count_folder(int folder, const char* part, std::uint64_t& octets, std::uint64_t& messages,
                  std::size_t& budget) {
  const auto listing = open_listing(folder, part);
  if (!listing) return;
  while (const dirent* entry = ::readdir(listing.get())) {
    if (entry->d_name[0] == '.') continue;
    if (budget == 0) return;
    --budget;
    if (const auto named = size_in_name(entry->d_name)) {
      octets += *named;
    } else {
      struct stat status{};
      if (::fstatat(::dirfd(listing.get()), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        continue;
      octets += static_cast<std::uint64_t>(status.st_size);
    }
    ++messages;
  }
}

// One "octets messages" line; both may be negative.
bool add_line(std::string_view line, std::int64_t& octets, std::int64_t& messages) {
  while (!line.empty() && line.front() == ' ')
    line.remove_prefix(1);
  std::int64_t a = 0;
  std::int64_t b = 0;
  const auto* end = line.data() + line.size();
  auto first = std::from_chars(line.data(), end, a);
  if (first.ec != std::errc()) return false;
  while (first.ptr != end && *first.ptr == ' ')
    ++first.ptr;
  if (std::from_chars(first.ptr, end, b).ec != std::errc()) return false;
  return !__builtin_add_overflow(octets, a, &octets) &&
         !__builtin_add_overflow(messages, b, &messages);
}

}  // namespace

std::optional<QuotaLimit> parse_quota(std::string_view text) {
  QuotaLimit limit;
  while (!text.empty()) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const auto digits = static_cast<std::size_t>(end - text.data());
    if (error != std::errc() || digits == text.size()) return std::nullopt;
    const char unit = text[digits];
    if (unit == 'S') {
      limit.octets = value;
    } else if (unit == 'C') {
      limit.messages = value;
    } else {
      return std::nullopt;
    }
    text.remove_prefix(digits + 1);
    if (!text.empty() && text.front() != ',') return std::nullopt;
    if (!text.empty()) text.remove_prefix(1);
  }
  return limit;
}

Result<std::optional<MaildirQuota::Usage>> MaildirQuota::read_file() const {
  UniqueFd fd(::openat(maildir_, "maildirsize", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd && errno == ENOENT) return std::optional<Usage>();
  if (!fd) return fail_errno("cannot open maildirsize");
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return fail_errno("cannot examine maildirsize");
  if (!S_ISREG(status.st_mode))
    return fail(ErrorKind::kPermission, "maildirsize is not a regular file");
  std::string text(kMaxFile + 1, '\0');
  const ssize_t got = ::read(fd.get(), text.data(), text.size());
  if (got < 0) return fail_errno("cannot read maildirsize");
  text.resize(static_cast<std::size_t>(got));
  Usage usage;
  usage.must_count = text.size() > kMaxFile;
  std::string_view rest = text;
  const auto first = rest.find('\n');
  const auto limit = parse_quota(rest.substr(0, first));
  if (!limit) return fail(ErrorKind::kCorrupt, "maildirsize does not begin with a quota");
  usage.limit = *limit;
  rest = first == std::string_view::npos ? std::string_view() : rest.substr(first + 1);
  std::int64_t octets = 0;
  std::int64_t messages = 0;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    if (!add_line(rest.substr(0, end), octets, messages)) usage.must_count = true;
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  if (octets < 0 || messages < 0) usage.must_count = true;
  usage.octets = static_cast<std::uint64_t>(std::max<std::int64_t>(octets, 0));
  usage.messages = static_cast<std::uint64_t>(std::max<std::int64_t>(messages, 0));
  return usage;
}

Result<MaildirQuota::Usage> MaildirQuota::count(const QuotaLimit& limit) const {
  Usage usage;
  usage.limit = limit;
  std::size_t budget = kMaxScan;
  count_folder(maildir_, "new", usage.octets, usage.messages, budget);
  count_folder(maildir_, "cur", usage.octets, usage.messages, budget);
  const auto listing = open_listing(maildir_, ".");
  if (!listing) return fail_errno("cannot list the Maildir");
  while (const dirent* entry = ::readdir(listing.get())) {
    const std::string_view name = entry->d_name;
    // Maildir++: subfolders begin with a dot, and the trash does not count.
    if (name.size() < 2 || name[0] != '.' || name == ".." || name == ".Trash") continue;
    UniqueFd folder(
        ::openat(maildir_, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder) continue;
    count_folder(folder.get(), "new", usage.octets, usage.messages, budget);
    count_folder(folder.get(), "cur", usage.octets, usage.messages, budget);
  }
  return usage;
}

Result<void> MaildirQuota::write_file(const Usage& usage) const {
  const std::string temporary = "tmp/maildirsize." + std::to_string(::getpid());
  ::unlinkat(maildir_, temporary.c_str(), 0);
  UniqueFd fd(::openat(maildir_, temporary.c_str(),
                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return fail_errno("cannot create maildirsize");
  const auto text = fmt::format("{}S,{}C\n{} {}\n", usage.limit.octets, usage.limit.messages,
                                usage.octets, usage.messages);
  auto ok = write_to(fd.get(), "maildirsize")(text);
  if (ok && ::renameat(maildir_, temporary.c_str(), maildir_, "maildirsize") != 0)
    ok = fail_errno("cannot rename maildirsize");
  if (!ok) ::unlinkat(maildir_, temporary.c_str(), 0);
  return ok;
}

Result<void> MaildirQuota::admit(std::uint64_t octets) {
  auto usage = read_file();
  if (!usage && usage.error().kind != ErrorKind::kCorrupt) return std::unexpected(usage.error());
  Usage now;
  if (usage && usage->has_value()) {
    now = **usage;
  } else {
    const auto limit = parse_quota(configured_);
    if (!limit || (limit->octets == 0 && limit->messages == 0)) return {};
    now.limit = *limit;
    now.must_count = true;
  }
  is_active_ = true;
  if (now.must_count || exceeds(now.limit, now.octets + octets, now.messages + 1)) {
    auto fresh = count(now.limit);
    if (!fresh) return std::unexpected(fresh.error());
    now = *fresh;
    if (auto ok = write_file(now); !ok) return ok;
  }
  if (exceeds(now.limit, now.octets + octets, now.messages + 1))
    return fail(ErrorKind::kLimit, "mailbox is full: {} octets in {} messages", now.octets,
                now.messages);
  return {};
}

void MaildirQuota::add(std::uint64_t octets) {
  if (!is_active_) return;
  UniqueFd fd(
      ::openat(maildir_, "maildirsize", O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  // One write: appends of several programs do not mix.
  if (fd) (void)write_to(fd.get(), "maildirsize")(fmt::format("{} 1\n", octets));
}

}  // namespace postern::delivery
