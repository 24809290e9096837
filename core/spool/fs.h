// FileSystem: the one seam through which the spool touches files.  Calls follow the system call of
// the same purpose: -1 and errno on failure, descriptors are the implementation's own numbers.
// Implementations: PosixFs; FailingFs (call N fails); ForgettingFs (forgets what was not synced).
// Thread-safe.  All calls may block on the disk.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace postern::spool {

enum class OpenMode {
  kRead,       // an existing file, read-only
  kWrite,      // an existing file, read and write
  kCreateNew,  // read and write; EEXIST where there is one; mode 0600
  kCreate,     // read and write, made where missing; mode 0600
};

// What lstat(2) says; symbolic links are not followed.
struct FileInfo {
  std::uint64_t size = 0;
  bool is_directory = false;
  bool is_symlink = false;
  std::uint32_t mode = 0;  // permission bits
  uid_t owner = 0;
};

struct SpaceInfo {
  std::uint64_t free_octets = 0;  // to an unprivileged process
  std::uint64_t free_inodes = 0;
  std::uint64_t total_inodes = 0;  // 0: the file system has no fixed number
  bool is_read_only = false;
  bool is_volatile = false;  // tmpfs, ramfs, overlay on them: gone after a loss of power
  std::string type;          // "ext4", "tmpfs", for messages
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual int open(const std::string& path, OpenMode mode) = 0;
  virtual int close(int fd) = 0;
  virtual ssize_t pread(int fd, std::span<char> buffer, std::uint64_t offset) = 0;
  virtual ssize_t pwritev(int fd, std::span<const iovec> pieces, std::uint64_t offset) = 0;
  // fdatasync(2).  After a failure the pages must be taken for lost: never retry.
  virtual int sync_data(int fd) = 0;
  // Makes created, renamed and unlinked names of the directory durable.
  virtual int sync_directory(const std::string& path) = 0;
  // Whole pages of the range that are on the disk leave the page cache.  Advice: it cannot fail.
  virtual void drop_cache(int /*fd*/, std::uint64_t /*offset*/, std::uint64_t /*octets*/) {}
  // posix_fallocate(3): afterwards the file has `size` octets and writes below it need no space.
  virtual int allocate(int fd, std::uint64_t size) = 0;
  virtual int truncate(int fd, std::uint64_t size) = 0;
  // Exclusive lock that ends with the descriptor or the process; EWOULDBLOCK where it is held.
  virtual int lock(int fd) = 0;
  virtual int rename(const std::string& from, const std::string& to) = 0;
  virtual int unlink(const std::string& path) = 0;
  virtual int make_directory(const std::string& path) = 0;  // mode 0700
  // Names without "." and "..", in no order.
  virtual int list(const std::string& path, std::vector<std::string>& names) = 0;
  virtual int info(const std::string& path, FileInfo& info) = 0;
  virtual int space(const std::string& path, SpaceInfo& space) = 0;
  // The user the process runs as.
  virtual uid_t user() = 0;

  // The real one; lives as long as the process.
  static FileSystem& posix();
};

}  // namespace postern::spool
