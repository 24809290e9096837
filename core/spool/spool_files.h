// SpoolFiles: names of the spool's files and the checks of its directory.  Layout: FORMAT.md.
// Thread-safe: no state but the path.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/queue_id.h"
#include "core/base/result.h"
#include "core/spool/fs.h"

namespace postern::spool {

// A descriptor of a FileSystem; closes it when it goes.
class File {
 public:
  File() = default;
  File(FileSystem& fs, int fd) : fs_(&fs), fd_(fd) {}
  File(File&& other) noexcept : fs_(other.fs_), fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&& other) noexcept;
  ~File() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset();
  // -1 and errno where close(2) failed; the descriptor is gone either way.
  int close();

 private:
  FileSystem* fs_ = nullptr;
  int fd_ = -1;
};

class SpoolFiles {
 public:
  SpoolFiles(FileSystem& fs, std::string directory) : fs_(fs), root_(std::move(directory)) {}

  // Makes what is missing and checks the rest.  kPermission: a symbolic link, a foreign owner, or
  // writable by group or others.
  Result<void> prepare() const;
  // kExists: another engine has the spool.
  Result<File> lock() const;

  const std::string& root() const { return root_; }
  std::string log_directory() const { return root_ + "/log"; }
  std::string large_directory() const { return root_ + "/large"; }
  std::string corrupt_directory() const { return root_ + "/corrupt"; }
  std::string segment(std::uint32_t number) const;
  std::string summary(std::uint32_t number) const;
  std::string spare() const { return log_directory() + "/spare"; }  // spare_segment.h
  std::string large(QueueId id) const { return large_directory() + "/" + id.to_string(); }

  // Numbers of the segments that exist, ascending.
  Result<std::vector<std::uint32_t>> segments() const;
  // The whole file; at most `limit` octets are accepted (kLimit).
  Result<std::string> read_whole(const std::string& path, std::uint64_t limit) const;
  // `length` octets at `offset`; fewer only where the file ends.
  Result<std::string> read_range(const std::string& path, std::uint64_t offset,
                                 std::uint64_t length) const;
  // Writes a file that may be lost in a crash but is never half there under its name unnoticed by
  // its reader's checksum: temporary name, then rename.
  Result<void> write_cache(const std::string& path, std::string_view octets) const;
  // As write_cache, and synced with its directory: evidence that must outlive its source.
  Result<void> write_durably(const std::string& path, std::string_view octets) const;
  FileSystem& fs() const { return fs_; }

 private:
  Result<void> check_directory(const std::string& path) const;
  Result<void> write_file(const std::string& path, std::string_view octets, bool durable) const;

  FileSystem& fs_;
  std::string root_;
};

// For a call that failed while a message was being stored: kNoSpace for what clears itself when
// somebody makes room (ENOSPC, EDQUOT, EFBIG), else kIo.  So ENOENT is not taken for "no such
// message", nor EMFILE for a limit of ours.
std::unexpected<Error> storage_failed(std::string context, int sys_errno);

// Writes all pieces at `offset`; goes on after short writes.  -1 and errno on failure.
int write_fully(FileSystem& fs, int fd, std::vector<iovec> pieces, std::uint64_t offset);

}  // namespace postern::spool
