#include "core/maps/lmdb_writer.h"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "core/base/unique_fd.h"

namespace postern::maps {
namespace {

using Entries = std::unordered_map<std::string, std::string>;

struct CloseEnvironment {
  void operator()(MDB_env* environment) const { ::mdb_env_close(environment); }
};
using Environment = std::unique_ptr<MDB_env, CloseEnvironment>;

// Removes the temporary file unless it has been renamed.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
  ~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }
  void keep() { path_.clear(); }

 private:
  std::string path_;
};

int put_all(MDB_txn* transaction, const Entries& entries) {
  MDB_dbi database = 0;
  if (const int status = ::mdb_dbi_open(transaction, nullptr, MDB_CREATE, &database); status != 0)
    return status;
  // Sorted input fills pages in order: half the file, and no random writes.
  std::vector<const Entries::value_type*> sorted;
  sorted.reserve(entries.size());
  for (const auto& entry : entries)
    sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->first < b->first; });
  for (const auto* entry : sorted) {
    // c_str() ends in the NUL that is stored with it; LMDB does not write through these pointers.
    MDB_val key{entry->first.size() + 1, const_cast<char*>(entry->first.c_str())};
    MDB_val value{entry->second.size() + 1, const_cast<char*>(entry->second.c_str())};
    if (const int status = ::mdb_put(transaction, database, &key, &value, 0); status != 0)
      return status;
  }
  return 0;
}

int fill(const std::string& path, std::size_t map_bytes, const Entries& entries) {
  MDB_env* raw = nullptr;
  if (const int status = ::mdb_env_create(&raw); status != 0) return status;
  const Environment environment(raw);
  if (const int status = ::mdb_env_set_mapsize(raw, map_bytes); status != 0) return status;
  if (const int status = ::mdb_env_open(raw, path.c_str(), MDB_NOSUBDIR | MDB_NOLOCK, 0600);
      status != 0)
    return status;
  MDB_txn* transaction = nullptr;
  if (const int status = ::mdb_txn_begin(raw, nullptr, 0, &transaction); status != 0) return status;
  if (const int status = put_all(transaction, entries); status != 0) {
    ::mdb_txn_abort(transaction);
    return status;
  }
  return ::mdb_txn_commit(transaction);
}

Result<void> fail_lmdb(const std::string& path, int status) {
  if (status > 0) return fail_errno(fmt::format("cannot write {}", path), status);
  return fail(status == MDB_BAD_VALSIZE ? ErrorKind::kInvalid : ErrorKind::kIo,
              "cannot write {}: {}", path,
              status == MDB_BAD_VALSIZE ? "a key is longer than LMDB takes (511 octets)"
                                        : ::mdb_strerror(status));
}

Result<void> sync_path(const std::string& path, int flags) {
  const UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return fail_errno(fmt::format("cannot sync {}", path));
  return {};
}

// Owner and rights of `like`; without it the file stays private to us.
Result<void> copy_rights(const std::string& path, const std::string& like) {
  struct stat status{};
  if (::stat(like.c_str(), &status) != 0) return {};
  if (::geteuid() == 0 && ::chown(path.c_str(), status.st_uid, status.st_gid) != 0)
    return fail_errno(fmt::format("cannot give {} the owner of {}", path, like));
  if (::chmod(path.c_str(), status.st_mode & 0666) != 0)
    return fail_errno(fmt::format("cannot set the rights of {}", path));
  return {};
}

}  // namespace

Result<void> write_lmdb_file(const std::string& path, const std::string& like,
                             const Entries& entries) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  std::string name = fmt::format("{}.new.XXXXXX", path);
  {
    const UniqueFd created(::mkostemp(name.data(), O_CLOEXEC));
    if (!created) return fail_errno(fmt::format("cannot create a file beside {}", path));
  }
  TemporaryFile temporary(name);
  std::size_t octets = 0;
  for (const auto& [key, value] : entries)
    octets += key.size() + value.size() + 64;
  int status = MDB_MAP_FULL;
  for (std::size_t map_bytes = std::max<std::size_t>(octets * 3, 16 << 20);
       status == MDB_MAP_FULL && map_bytes < std::size_t{1} << 42; map_bytes *= 2)
    status = fill(temporary.path(), map_bytes, entries);
  if (status != 0) return fail_lmdb(path, status);
  if (auto copied = copy_rights(temporary.path(), like); !copied) return copied;
  if (auto synced = sync_path(temporary.path(), O_RDONLY); !synced) return synced;
  if (::rename(temporary.path().c_str(), path.c_str()) != 0)
    return fail_errno(fmt::format("cannot rename to {}", path));
  temporary.keep();
  return sync_path(folder, O_RDONLY | O_DIRECTORY);
}

}  // namespace postern::maps
