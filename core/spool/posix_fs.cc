#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>

#include "core/base/unique_fd.h"
#include "core/spool/fs.h"

namespace postern::spool {
namespace {

// linux/magic.h, which Debian puts into a package of its own.
constexpr long kTmpfsMagic = 0x01021994;
constexpr long kRamfsMagic = 0x858458f6;
constexpr long kOverlayMagic = 0x794c7630;

bool is_volatile_magic(long magic) { return magic == kTmpfsMagic || magic == kRamfsMagic; }

// The directory that takes an overlay's writes, from the mount table; "" where it can't be told.
std::string overlay_upper_directory() {
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string device, point, type, options;
    if (!(words >> device >> point >> type >> options) || type != "overlay" || point != "/")
      continue;
    const auto at = options.find("upperdir=");
    if (at == std::string::npos) return "";
    return options.substr(at + 9, options.find(',', at) - at - 9);
  }
  return "";
}

class PosixFs final : public FileSystem {
 public:
  int open(const std::string& path, OpenMode mode) override {
    int flags = O_CLOEXEC | O_NOFOLLOW;
    switch (mode) {
      case OpenMode::kRead: flags |= O_RDONLY; break;
      case OpenMode::kWrite: flags |= O_RDWR; break;
      case OpenMode::kCreateNew: flags |= O_RDWR | O_CREAT | O_EXCL; break;
      case OpenMode::kCreate: flags |= O_RDWR | O_CREAT; break;
    }
    return ::open(path.c_str(), flags, 0600);
  }
  int close(int fd) override { return ::close(fd); }

  ssize_t pread(int fd, std::span<char> buffer, std::uint64_t offset) override {
    ssize_t got;
    do
      got = ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(offset));
    while (got < 0 && errno == EINTR);
    return got;
  }
  ssize_t pwritev(int fd, std::span<const iovec> pieces, std::uint64_t offset) override {
    ssize_t put;
    do
      put =
          ::pwritev(fd, pieces.data(), static_cast<int>(pieces.size()), static_cast<off_t>(offset));
    while (put < 0 && errno == EINTR);
    return put;
  }

  int sync_data(int fd) override { return ::fdatasync(fd); }
  int sync_directory(const std::string& path) override {
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return fd ? ::fsync(fd.get()) : -1;
  }

  void drop_cache(int fd, std::uint64_t offset, std::uint64_t octets) override {
    ::posix_fadvise(fd, static_cast<off_t>(offset), static_cast<off_t>(octets),
                    POSIX_FADV_DONTNEED);
  }
  int allocate(int fd, std::uint64_t size) override {
    int error;
    do
      error = ::posix_fallocate(fd, 0, static_cast<off_t>(size));
    while (error == EINTR);
    if (error == 0) return 0;
    errno = error;
    return -1;
  }
  int truncate(int fd, std::uint64_t size) override {
    return ::ftruncate(fd, static_cast<off_t>(size));
  }
  int lock(int fd) override {
    // Open-file-description lock: dies with the process, and a second open in this process
    // conflicts too.
    struct flock whole{};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    if (::fcntl(fd, F_OFD_SETLK, &whole) == 0) return 0;
    if (errno == EACCES || errno == EAGAIN) errno = EWOULDBLOCK;
    return -1;
  }

  int rename(const std::string& from, const std::string& to) override {
    return ::rename(from.c_str(), to.c_str());
  }
  int unlink(const std::string& path) override { return ::unlink(path.c_str()); }
  int make_directory(const std::string& path) override { return ::mkdir(path.c_str(), 0700); }

  int list(const std::string& path, std::vector<std::string>& names) override {
    DIR* dir = ::opendir(path.c_str());
    if (dir == nullptr) return -1;
    errno = 0;
    while (const dirent* entry = ::readdir(dir)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
      errno = 0;
    }
    const int error = errno;
    ::closedir(dir);
    errno = error;
    return error == 0 ? 0 : -1;
  }

  int info(const std::string& path, FileInfo& out) override {
    struct stat st{};
    if (::lstat(path.c_str(), &st) != 0) return -1;
    out.size = static_cast<std::uint64_t>(st.st_size);
    out.is_directory = S_ISDIR(st.st_mode);
    out.is_symlink = S_ISLNK(st.st_mode);
    out.mode = st.st_mode & 07777u;
    out.owner = st.st_uid;
    return 0;
  }

  int space(const std::string& path, SpaceInfo& out) override {
    struct statvfs vfs{};
    struct statfs fs{};
    if (::statvfs(path.c_str(), &vfs) != 0 || ::statfs(path.c_str(), &fs) != 0) return -1;
    out.free_octets = static_cast<std::uint64_t>(vfs.f_bavail) * vfs.f_frsize;
    out.free_inodes = vfs.f_favail;
    out.total_inodes = vfs.f_files;
    out.is_read_only = (vfs.f_flag & ST_RDONLY) != 0;
    out.is_volatile = is_volatile_magic(fs.f_type);
    out.type = fs.f_type == kTmpfsMagic     ? "tmpfs"
               : fs.f_type == kRamfsMagic   ? "ramfs"
               : fs.f_type == kOverlayMagic ? "overlay"
                                            : "disk";
    struct statfs upper{};
    if (fs.f_type == kOverlayMagic) {
      const std::string directory = overlay_upper_directory();
      if (!directory.empty() && ::statfs(directory.c_str(), &upper) == 0)
        out.is_volatile = is_volatile_magic(upper.f_type);
    }
    return 0;
  }

  uid_t user() override { return ::geteuid(); }
};

}  // namespace

FileSystem& FileSystem::posix() {
  static PosixFs fs;
  return fs;
}

}  // namespace postern::spool
