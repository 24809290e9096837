#include "core/spool/spool_files.h"

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace postern::spool {

File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    reset();
    fs_ = other.fs_;
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void File::reset() {
  if (fd_ >= 0) fs_->close(std::exchange(fd_, -1));
}

int File::close() { return fs_->close(std::exchange(fd_, -1)); }

std::string SpoolFiles::segment(std::uint32_t number) const {
  return fmt::format("{}/log/{:08x}.seg", root_, number);
}

std::string SpoolFiles::summary(std::uint32_t number) const {
  return fmt::format("{}/log/{:08x}.sum", root_, number);
}

Result<void> SpoolFiles::check_directory(const std::string& path) const {
  FileInfo info;
  if (fs_.info(path, info) != 0) return fail_errno("spool directory " + path);
  if (info.is_symlink)
    return fail(ErrorKind::kPermission,
                "spool directory {} is a symbolic link; name the directory it points to", path);
  if (!info.is_directory)
    return fail(ErrorKind::kInvalid, "spool directory {} is not a directory", path);
  if (info.owner != fs_.user())
    return fail(ErrorKind::kPermission,
                "spool directory {} belongs to user {}, the engine runs as user {}; chown it", path,
                info.owner, fs_.user());
  if ((info.mode & 0022) != 0)
    return fail(ErrorKind::kPermission,
                "spool directory {} has mode {:04o}: others may write into it; chmod 0700", path,
                info.mode);
  return {};
}

Result<void> SpoolFiles::prepare() const {
  bool made = false;  // the spool itself
  for (const std::string& path : {root_, log_directory(), large_directory(), corrupt_directory()}) {
    FileInfo info;
    if (fs_.info(path, info) != 0 && errno == ENOENT) {
      if (fs_.make_directory(path) != 0) return fail_errno("spool: make directory " + path);
      made = made || path == root_;
    }
    if (auto checked = check_directory(path); !checked) return checked;
  }
  // Each time: a run that was killed between making a directory and syncing its name leaves one
  // that is there now and would be gone, with all mail in it, after a loss of power.
  if (fs_.sync_directory(root_) != 0) return fail_errno("spool: sync directory " + root_);
  // The name of the spool itself.
  const auto slash = root_.find_last_of('/');
  const std::string parent = slash == std::string::npos ? "." : root_.substr(0, slash);
  if (fs_.sync_directory(parent.empty() ? "/" : parent) != 0 && (made || errno != EACCES))
    return fail_errno("spool: sync directory " + parent);
  return {};
}

Result<File> SpoolFiles::lock() const {
  const std::string path = root_ + "/lock";
  File file(fs_, fs_.open(path, OpenMode::kCreate));
  if (!file) return fail_errno("spool: open " + path);
  if (fs_.lock(file.get()) == 0) return file;
  if (errno == EWOULDBLOCK)
    return fail(ErrorKind::kExists,
                "spool {} is in use by another engine (it holds the lock on {}); stop that one "
                "first",
                root_, path);
  return fail_errno("spool: lock " + path);
}

Result<std::vector<std::uint32_t>> SpoolFiles::segments() const {
  std::vector<std::string> names;
  if (fs_.list(log_directory(), names) != 0) return fail_errno("spool: list " + log_directory());
  std::vector<std::uint32_t> out;
  for (const std::string& name : names) {
    if (name.size() != 12 || !name.ends_with(".seg")) continue;
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + 8, number, 16);
    if (error == std::errc{} && end == name.data() + 8 && number != 0) out.push_back(number);
  }
  std::ranges::sort(out);
  return out;
}

Result<std::string> SpoolFiles::read_whole(const std::string& path, std::uint64_t limit) const {
  FileInfo info;
  if (fs_.info(path, info) != 0) return fail_errno("spool: " + path);
  if (info.size > limit)
    return fail(ErrorKind::kLimit, "spool: {} has {} octets, at most {} are expected", path,
                info.size, limit);
  return read_range(path, 0, info.size);
}

Result<std::string> SpoolFiles::read_range(const std::string& path, std::uint64_t offset,
                                           std::uint64_t length) const {
  File file(fs_, fs_.open(path, OpenMode::kRead));
  if (!file) return fail_errno("spool: open " + path);
  std::string out(length, '\0');
  std::size_t done = 0;
  while (done < length) {
    const ssize_t got = fs_.pread(file.get(), std::span(out).subspan(done), offset + done);
    if (got < 0) return fail_errno("spool: read " + path);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  out.resize(done);
  return out;
}

Result<void> SpoolFiles::write_cache(const std::string& path, std::string_view octets) const {
  return write_file(path, octets, false);
}

Result<void> SpoolFiles::write_durably(const std::string& path, std::string_view octets) const {
  if (auto written = write_file(path, octets, true); !written) return written;
  const std::string directory = path.substr(0, path.find_last_of('/'));
  if (fs_.sync_directory(directory) != 0) return fail_errno("spool: sync directory " + directory);
  return {};
}

Result<void> SpoolFiles::write_file(const std::string& path, std::string_view octets,
                                    bool durable) const {
  const std::string temporary = path + ".tmp";
  fs_.unlink(temporary);
  File file(fs_, fs_.open(temporary, OpenMode::kCreateNew));
  if (!file) return fail_errno("spool: make " + temporary);
  int written =
      write_fully(fs_, file.get(), {{const_cast<char*>(octets.data()), octets.size()}}, 0);
  if (written == 0 && durable) written = fs_.sync_data(file.get());
  const int write_errno = errno;
  if (written != 0 || file.close() != 0) {
    const int error = written != 0 ? write_errno : errno;
    fs_.unlink(temporary);
    return fail_errno("spool: write " + temporary, error);
  }
  if (fs_.rename(temporary, path) == 0) return {};
  const int error = errno;
  fs_.unlink(temporary);
  return fail_errno("spool: rename to " + path, error);
}

std::unexpected<Error> storage_failed(std::string context, int sys_errno) {
  const bool is_space = sys_errno == ENOSPC || sys_errno == EDQUOT || sys_errno == EFBIG;
  return std::unexpected(
      Error{is_space ? ErrorKind::kNoSpace : ErrorKind::kIo, std::move(context), sys_errno});
}

int write_fully(FileSystem& fs, int fd, std::vector<iovec> pieces, std::uint64_t offset) {
  constexpr std::size_t kMostPieces = 1024;  // IOV_MAX
  std::size_t first = 0;
  while (first < pieces.size()) {
    const std::size_t count = std::min(pieces.size() - first, kMostPieces);
    const ssize_t put = fs.pwritev(fd, std::span(pieces).subspan(first, count), offset);
    if (put < 0) return -1;
    auto rest = static_cast<std::size_t>(put);
    offset += rest;
    const std::size_t before = first;
    while (first < pieces.size() && rest >= pieces[first].iov_len)
      rest -= pieces[first++].iov_len;
    if (first < pieces.size()) {
      pieces[first].iov_base = static_cast<char*>(pieces[first].iov_base) + rest;
      pieces[first].iov_len -= rest;
    }
    if (put == 0 && first == before) {
      errno = EIO;  // no progress: would loop for ever
      return -1;
    }
  }
  return 0;
}

}  // namespace postern::spool
