// ForgettingFs: a file system in memory that knows, for every octet and every name, whether it was
// synced.  after_power_cut() gives one of the states a disk may be in afterwards: any subset of
// what was not synced, at sector granularity, in any order; names and octets independently.
// after_kill() gives what a killed process leaves: everything.
// Also the home of Durability::kMemory, which needs no disk.
// Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "core/spool/fs.h"

namespace postern::spool {

class ForgettingFs final : public FileSystem {
 public:
  struct Options {
    bool tracks_syncs = true;        // false: plain memory, for kMemory
    std::size_t sector = 512;        // the unit in which an unsynced write may be torn
    std::uint64_t capacity = ~0ull;  // octets; above it ENOSPC
  };

  ForgettingFs() : ForgettingFs(Options{.tracks_syncs = false}) {}
  explicit ForgettingFs(Options options);

  int open(const std::string& path, OpenMode mode) override;
  int close(int fd) override;
  ssize_t pread(int fd, std::span<char> buffer, std::uint64_t offset) override;
  ssize_t pwritev(int fd, std::span<const iovec> pieces, std::uint64_t offset) override;
  int sync_data(int fd) override;
  int sync_directory(const std::string& path) override;
  int allocate(int fd, std::uint64_t size) override;
  int truncate(int fd, std::uint64_t size) override;
  int lock(int fd) override;
  int rename(const std::string& from, const std::string& to) override;
  int unlink(const std::string& path) override;
  int make_directory(const std::string& path) override;
  int list(const std::string& path, std::vector<std::string>& names) override;
  int info(const std::string& path, FileInfo& info) override;
  int space(const std::string& path, SpaceInfo& space) override;
  uid_t user() override { return 0; }

  // Unsynced pieces: each may be there or not after a power cut.
  std::size_t unsynced() const;
  // `survives(i)` for each i below unsynced(), in a fixed order.
  std::unique_ptr<ForgettingFs> after_power_cut(
      const std::function<bool(std::size_t)>& survives) const;
  std::unique_ptr<ForgettingFs> after_kill() const;

  // For tests that damage files: the octets of `path`, nullptr where there is none.
  std::string* octets(const std::string& path);
  void set_space(SpaceInfo space);

 private:
  struct Write {
    std::uint64_t offset = 0;
    std::string octets;  // empty: the size was set to offset
  };
  struct Node {
    bool is_directory = false;
    bool is_locked = false;
    std::string live;
    std::string durable;
    std::vector<Write> unsynced;
  };
  using NodePtr = std::shared_ptr<Node>;
  struct NameChange {
    std::string directory;
    std::map<std::string, NodePtr> set;  // nullptr: removed
  };
  using Names = std::map<std::string, NodePtr>;

  static std::string parent(const std::string& path);
  static void apply(const Write& write, std::string& octets);
  void change_names(const std::string& directory, std::map<std::string, NodePtr> set);
  std::unique_ptr<ForgettingFs> clone(const Names& names,
                                      const std::map<const Node*, std::string>& contents) const;
  NodePtr node_of(int fd) const;
  void note(const NodePtr& node, Write write);

  const Options options_;
  mutable std::mutex mutex_;
  Names names_;
  Names durable_names_;
  std::vector<NameChange> unsynced_names_;
  std::map<int, NodePtr> open_;
  int next_fd_ = 3;
  SpaceInfo space_;
};

}  // namespace postern::spool
