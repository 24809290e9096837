// FileTable: a table that follows its file.  At most once per recheck_interval one of the callers
// looks at the file's identity (device, inode, size, times); after a change it reads the file and
// swaps the result in.  A file that has gone or does not parse leaves the last good table in
// force, with one warning per change.
// Thread-safe; readers never wait for the one that reloads.
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/maps/table.h"

namespace postern::maps {

// The octets of a regular file, for sources.  Errors: kNotFound, kPermission, kIo; kInvalid for
// anything but a regular file (a FIFO would block for ever); kLimit.
Result<std::string> read_source_file(const std::string& path, std::uint64_t max_bytes);

// What tells one state of a file from another; all zero: there is no file.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;

  static FileIdentity of(const std::string& path);
  bool operator==(const FileIdentity&) const = default;
};

class FileTable final : public Table {
 public:
  using Loader = std::function<Result<TablePtr>(Warnings& warnings)>;

  // `name`: "type:path", for the log.  `paths`: a change of any of them counts.  The first load
  // happens here, and fails as `loader` does.
  static Result<TablePtr> open(std::string name, std::vector<std::string> paths, Loader loader,
                               const TableOptions& options);
  ~FileTable() override = default;

  Result<std::optional<std::string>> lookup(std::string_view key) const override;
  bool is_pattern() const override { return is_pattern_; }
  Result<void> for_each(const Visitor& visit) const override;

 private:
  FileTable(std::string name, std::vector<std::string> paths, Loader loader,
            const TableOptions& options);

  // Keeps the current table alive while a reader is inside: whoever replaces it frees the old ones
  // only after seeing no reader.  std::atomic<std::shared_ptr> would do, but libstdc++ 12 takes a
  // spin lock in each load, in a way ThreadSanitizer calls a race.
  class Reader {
   public:
    explicit Reader(const FileTable& owner) : owner_(owner) {
      owner_.readers_.fetch_add(1);
      table_ = owner_.current_.load();
    }
    ~Reader() { owner_.readers_.fetch_sub(1); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    const Table& operator*() const { return *table_; }

   private:
    const FileTable& owner_;
    const Table* table_;
  };

  void recheck() const;
  void install(TablePtr table) const;  // with mutex_ held
  std::vector<FileIdentity> identities() const;
  void log_warnings(const Warnings& warnings) const;

  const std::string name_;
  const std::vector<std::string> paths_;
  const Loader loader_;
  const Clock& clock_;
  const std::int64_t interval_ns_;
  bool is_pattern_ = false;

  mutable std::atomic<std::int64_t> next_check_ns_{0};
  mutable std::atomic<int> readers_{0};
  mutable std::atomic<const Table*> current_{nullptr};
  mutable std::mutex mutex_;            // guards what follows; only ever tried, never waited for
  mutable std::vector<TablePtr> kept_;  // the current table last, before it those in use
  mutable std::vector<FileIdentity> seen_;  // of the last attempt, good or bad
};

}  // namespace postern::maps
