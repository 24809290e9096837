#include "core/spool/failing_fs.h"

#include <cerrno>

namespace postern::spool {

void FailingFs::fail_at(std::uint64_t call, int error) {
  const std::lock_guard lock(mutex_);
  fail_at_ = call;
  error_ = error;
}

void FailingFs::cut_at(std::uint64_t call) {
  const std::lock_guard lock(mutex_);
  cut_at_ = call;
}

void FailingFs::fail_all(std::optional<FsCall> kind, int error) {
  const std::lock_guard lock(mutex_);
  fail_all_ = kind;
  fail_all_error_ = error;
}

void FailingFs::skip_all(FsCall kind) {
  const std::lock_guard lock(mutex_);
  skip_all_.insert(kind);
}

std::uint64_t FailingFs::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

std::optional<FsCall> FailingFs::failed_call() const {
  const std::lock_guard lock(mutex_);
  return failed_call_;
}

FailingFs::Verdict FailingFs::judge(FsCall kind) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t call = calls_++;
  if (cut_at_ && call >= *cut_at_) {
    errno = EIO;
    return Verdict::kFail;
  }
  if (fail_at_ && call == *fail_at_) {
    failed_call_ = kind;
    if (error_ == 0) return kind == FsCall::kWrite ? Verdict::kShort : Verdict::kPass;
    errno = error_;
    return Verdict::kFail;
  }
  if (fail_all_ == kind) {
    errno = fail_all_error_;
    return Verdict::kFail;
  }
  return skip_all_.contains(kind) ? Verdict::kSkip : Verdict::kPass;
}

template <typename Call>
auto FailingFs::run(FsCall kind, Call&& call) -> decltype(call()) {
  if (hook_) hook_(kind);
  const auto result = judged(kind, std::forward<Call>(call));
  if (after_hook_) {
    const int error = errno;
    after_hook_(kind);
    errno = error;
  }
  return result;
}

template <typename Call>
auto FailingFs::judged(FsCall kind, Call&& call) -> decltype(call()) {
  switch (judge(kind)) {
    case Verdict::kFail: return -1;
    case Verdict::kSkip: return 0;
    default: return call();
  }
}

int FailingFs::open(const std::string& path, OpenMode mode) {
  return run(FsCall::kOpen, [&] { return inner_.open(path, mode); });
}

int FailingFs::close(int fd) {
  const int result = run(FsCall::kClose, [&] { return 0; });
  const int error = errno;
  inner_.close(fd);  // gone either way, as on Linux
  errno = error;
  return result;
}

ssize_t FailingFs::pread(int fd, std::span<char> buffer, std::uint64_t offset) {
  return run(FsCall::kRead, [&] { return inner_.pread(fd, buffer, offset); });
}

ssize_t FailingFs::pwritev(int fd, std::span<const iovec> pieces, std::uint64_t offset) {
  if (hook_) hook_(FsCall::kWrite);
  const ssize_t result = write_judged(fd, pieces, offset);
  if (after_hook_) {
    const int error = errno;
    after_hook_(FsCall::kWrite);
    errno = error;
  }
  return result;
}

ssize_t FailingFs::write_judged(int fd, std::span<const iovec> pieces, std::uint64_t offset) {
  switch (judge(FsCall::kWrite)) {
    case Verdict::kFail: return -1;
    case Verdict::kShort: {
      iovec half = pieces.front();
      half.iov_len = (half.iov_len + 1) / 2;
      return inner_.pwritev(fd, std::span(&half, 1), offset);
    }
    case Verdict::kSkip: {
      std::size_t size = 0;
      for (const iovec& piece : pieces)
        size += piece.iov_len;
      return static_cast<ssize_t>(size);
    }
    case Verdict::kPass: break;
  }
  return inner_.pwritev(fd, pieces, offset);
}

int FailingFs::sync_data(int fd) {
  return run(FsCall::kSyncData, [&] { return inner_.sync_data(fd); });
}
int FailingFs::sync_directory(const std::string& path) {
  return run(FsCall::kSyncDirectory, [&] { return inner_.sync_directory(path); });
}
int FailingFs::allocate(int fd, std::uint64_t size) {
  return run(FsCall::kAllocate, [&] { return inner_.allocate(fd, size); });
}
int FailingFs::truncate(int fd, std::uint64_t size) {
  return run(FsCall::kTruncate, [&] { return inner_.truncate(fd, size); });
}
int FailingFs::lock(int fd) {
  return run(FsCall::kLock, [&] { return inner_.lock(fd); });
}
int FailingFs::rename(const std::string& from, const std::string& to) {
  return run(FsCall::kRename, [&] { return inner_.rename(from, to); });
}
int FailingFs::unlink(const std::string& path) {
  return run(FsCall::kUnlink, [&] { return inner_.unlink(path); });
}
int FailingFs::make_directory(const std::string& path) {
  return run(FsCall::kMakeDirectory, [&] { return inner_.make_directory(path); });
}
int FailingFs::list(const std::string& path, std::vector<std::string>& names) {
  return run(FsCall::kList, [&] { return inner_.list(path, names); });
}
int FailingFs::info(const std::string& path, FileInfo& info) {
  return run(FsCall::kInfo, [&] { return inner_.info(path, info); });
}
int FailingFs::space(const std::string& path, SpaceInfo& space) {
  return run(FsCall::kSpace, [&] { return inner_.space(path, space); });
}

}  // namespace postern::spool
