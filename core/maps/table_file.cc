#include "core/maps/table_file.h"

#include <fcntl.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/unique_fd.h"

namespace postern::maps {
namespace {

constexpr std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

Result<std::string> read_source_file(const std::string& path, std::uint64_t max_bytes) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return fail_errno(fmt::format("cannot open {}", path));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return fail_errno(fmt::format("cannot stat {}", path));
  if (!S_ISREG(status.st_mode)) return fail(ErrorKind::kInvalid, "{} is not a regular file", path);
  std::string text;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(fmt::format("cannot read {}", path));
    if (n == 0) return text;
    if (text.size() + static_cast<std::size_t>(n) > max_bytes)
      return fail(ErrorKind::kLimit, "{} is larger than {} octets", path, max_bytes);
    text.append(buffer, static_cast<std::size_t>(n));
  }
}

FileIdentity FileIdentity::of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino, status.st_size, nanoseconds(status.st_mtim),
          nanoseconds(status.st_ctim)};
}

FileTable::FileTable(std::string name, std::vector<std::string> paths, Loader loader,
                     const TableOptions& options)
    : name_(std::move(name)),
      paths_(std::move(paths)),
      loader_(std::move(loader)),
      clock_(*options.clock),
      interval_ns_(options.recheck_interval.count()) {}

Result<TablePtr> FileTable::open(std::string name, std::vector<std::string> paths, Loader loader,
                                 const TableOptions& options) {
  std::shared_ptr<FileTable> table(
      new FileTable(std::move(name), std::move(paths), std::move(loader), options));
  // Identity first: a change during the load is seen as a change at the next check.
  table->seen_ = table->identities();
  Warnings warnings;
  auto loaded = table->loader_(warnings);
  table->log_warnings(warnings);
  if (!loaded)
    return std::unexpected(Error{loaded.error().kind, table->name_ + ": " + loaded.error().context,
                                 loaded.error().sys_errno});
  table->is_pattern_ = (*loaded)->is_pattern();
  table->next_check_ns_ = table->clock_.steady().time_since_epoch().count() + table->interval_ns_;
  const std::scoped_lock lock(table->mutex_);
  table->install(std::move(*loaded));
  return table;
}

Result<std::optional<std::string>> FileTable::lookup(std::string_view key) const {
  recheck();
  const Reader reader(*this);
  return (*reader).lookup(key);
}

Result<void> FileTable::for_each(const Visitor& visit) const {
  recheck();
  const Reader reader(*this);
  return (*reader).for_each(visit);
}

void FileTable::recheck() const {
  const std::int64_t now = clock_.steady().time_since_epoch().count();
  std::int64_t due = next_check_ns_.load(std::memory_order_relaxed);
  if (now < due || !next_check_ns_.compare_exchange_strong(due, now + interval_ns_)) return;
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return;  // the previous check still reads its file
  std::vector<FileIdentity> now_there = identities();
  if (now_there == seen_) return;
  seen_ = std::move(now_there);
  Warnings warnings;
  auto loaded = loader_(warnings);
  log_warnings(warnings);
  if (!loaded) {
    log::warning("maps", "{}: {}; its previous content stays in force", name_,
                 loaded.error().describe());
    return;
  }
  install(std::move(*loaded));
}

void FileTable::install(TablePtr table) const {
  current_.store(table.get());
  kept_.push_back(std::move(table));
  // A reader that counts itself in after the store sees the new table; one that counted itself in
  // before it is still counted.  So with no reader inside nobody holds an older table.
  if (readers_.load() == 0) kept_.erase(kept_.begin(), kept_.end() - 1);
}

std::vector<FileIdentity> FileTable::identities() const {
  std::vector<FileIdentity> out;
  out.reserve(paths_.size());
  for (const std::string& path : paths_)
    out.push_back(FileIdentity::of(path));
  return out;
}

void FileTable::log_warnings(const Warnings& warnings) const {
  for (const std::string& warning : warnings)
    log::warning("maps", "{}", warning);
}

}  // namespace postern::maps
