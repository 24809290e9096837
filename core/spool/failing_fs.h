// FailingFs: passes calls on to another file system, counts them, and fails the ones it was told
// to.  With cut_at(N) nothing from call N on has any effect: the machine has stopped, whatever the
// process still tries.
// Thread-safe.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <set>

#include "core/spool/fs.h"

namespace postern::spool {

enum class FsCall {
  kOpen,
  kClose,
  kRead,
  kWrite,
  kSyncData,
  kSyncDirectory,
  kAllocate,
  kTruncate,
  kLock,
  kRename,
  kUnlink,
  kMakeDirectory,
  kList,
  kInfo,
  kSpace,
};

class FailingFs final : public FileSystem {
 public:
  explicit FailingFs(FileSystem& inner) : inner_(inner) {}

  // Call number `call` (the first is 0) fails with `error`; a write of several octets that is told
  // to fail with 0 is cut short instead.
  void fail_at(std::uint64_t call, int error);
  void cut_at(std::uint64_t call);
  // Every call of that kind fails (nullopt: none) until changed.
  void fail_all(std::optional<FsCall> kind, int error = 0);
  // Calls of that kind succeed without doing anything: a planted bug.
  void skip_all(FsCall kind);
  // Run before and after each call, outside the lock.  Set before the first call.
  void set_hook(std::function<void(FsCall)> hook) { hook_ = std::move(hook); }
  void set_after_hook(std::function<void(FsCall)> hook) { after_hook_ = std::move(hook); }

  std::uint64_t calls() const;
  // What call `fail_at` named was, once it has happened.
  std::optional<FsCall> failed_call() const;

  int open(const std::string& path, OpenMode mode) override;
  int close(int fd) override;
  ssize_t pread(int fd, std::span<char> buffer, std::uint64_t offset) override;
  ssize_t pwritev(int fd, std::span<const iovec> pieces, std::uint64_t offset) override;
  int sync_data(int fd) override;
  int sync_directory(const std::string& path) override;
  void drop_cache(int fd, std::uint64_t offset, std::uint64_t octets) override {
    inner_.drop_cache(fd, offset, octets);
  }
  int allocate(int fd, std::uint64_t size) override;
  int truncate(int fd, std::uint64_t size) override;
  int lock(int fd) override;
  int rename(const std::string& from, const std::string& to) override;
  int unlink(const std::string& path) override;
  int make_directory(const std::string& path) override;
  int list(const std::string& path, std::vector<std::string>& names) override;
  int info(const std::string& path, FileInfo& info) override;
  int space(const std::string& path, SpaceInfo& space) override;
  uid_t user() override { return inner_.user(); }

 private:
  enum class Verdict { kPass, kFail, kShort, kSkip };
  Verdict judge(FsCall kind);
  template <typename Call>
  auto run(FsCall kind, Call&& call) -> decltype(call());
  template <typename Call>
  auto judged(FsCall kind, Call&& call) -> decltype(call());
  ssize_t write_judged(int fd, std::span<const iovec> pieces, std::uint64_t offset);

  FileSystem& inner_;
  std::function<void(FsCall)> hook_;
  std::function<void(FsCall)> after_hook_;
  mutable std::mutex mutex_;  // guards what follows
  std::uint64_t calls_ = 0;
  std::optional<std::uint64_t> fail_at_;
  std::optional<std::uint64_t> cut_at_;
  int error_ = 0;
  std::optional<FsCall> fail_all_;
  int fail_all_error_ = 0;
  std::set<FsCall> skip_all_;
  std::optional<FsCall> failed_call_;
};

}  // namespace postern::spool
