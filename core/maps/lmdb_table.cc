#include "core/maps/lmdb_table.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/maps/text.h"

namespace postern::maps {
namespace {

struct AbortTransaction {
  void operator()(MDB_txn* transaction) const { ::mdb_txn_abort(transaction); }
};
using Transaction = std::unique_ptr<MDB_txn, AbortTransaction>;

Transaction begin_read(MDB_env* environment, int& status) {
  MDB_txn* raw = nullptr;
  status = ::mdb_txn_begin(environment, nullptr, MDB_RDONLY, &raw);
  return Transaction(status == 0 ? raw : nullptr);
}

std::string_view view_of(const MDB_val& value) {
  std::string_view view(static_cast<const char*>(value.mv_data), value.mv_size);
  if (!view.empty() && view.back() == '\0') view.remove_suffix(1);
  return view;
}

// Copies the file while holding the shared lock that Postfix's postmap takes exclusively.
Result<std::pair<UniqueFd, std::uint64_t>> copy_to_memory(const std::string& path,
                                                          std::uint64_t max_bytes) {
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return fail_errno(fmt::format("cannot open {}", path));
  while (::flock(file.get(), LOCK_SH) != 0)
    if (errno != EINTR) return fail_errno(fmt::format("cannot lock {}", path));
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return fail_errno(fmt::format("cannot stat {}", path));
  if (!S_ISREG(status.st_mode)) return fail(ErrorKind::kInvalid, "{} is not a regular file", path);
  if (static_cast<std::uint64_t>(status.st_size) > max_bytes)
    return fail(ErrorKind::kLimit, "{} is larger than {} octets", path, max_bytes);
  UniqueFd copy(::memfd_create("postern-table", MFD_CLOEXEC));
  if (!copy) return fail_errno("memfd_create");
  std::uint64_t total = 0;
  std::vector<char> buffer(1 << 20);
  for (;;) {
    const ssize_t n = ::read(file.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(fmt::format("cannot read {}", path));
    if (n == 0) break;
    for (ssize_t done = 0; done < n;) {
      const ssize_t put =
          ::write(copy.get(), buffer.data() + done, static_cast<std::size_t>(n - done));
      if (put < 0) return fail_errno(fmt::format("cannot copy {}", path));
      done += put;
    }
    total += static_cast<std::uint64_t>(n);
    if (total > max_bytes)
      return fail(ErrorKind::kLimit, "{} is larger than {} octets", path, max_bytes);
  }
  return std::pair(std::move(copy), total);
}

}  // namespace

Result<TablePtr> LmdbTable::open(const std::string& path, const TableOptions& options) {
  auto copied = copy_to_memory(path, options.max_file_bytes);
  if (!copied) return std::unexpected(copied.error());
  auto& [copy, size] = *copied;
  const auto corrupt = [&](std::string_view why) {
    return fail(ErrorKind::kCorrupt, "{}: {}; make it anew with postmap", path, why);
  };
  MDB_env* raw = nullptr;
  if (const int status = ::mdb_env_create(&raw); status != 0)
    return corrupt(::mdb_strerror(status));
  Environment environment(raw);
  const std::string name = fmt::format("/proc/self/fd/{}", copy.get());
  if (const int status =
          ::mdb_env_open(raw, name.c_str(), MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK, 0);
      status != 0)
    return corrupt(::mdb_strerror(status));
  MDB_envinfo info{};
  MDB_stat stat{};
  int status = 0;
  Transaction transaction = begin_read(raw, status);
  if (!transaction || ::mdb_env_info(raw, &info) != 0 || ::mdb_env_stat(raw, &stat) != 0)
    return corrupt(::mdb_strerror(status));
  // A page beyond the end of the file would be a SIGBUS at some later lookup.
  if ((info.me_last_pgno + 1) * stat.ms_psize > size) return corrupt("the file is cut short");
  MDB_dbi database = 0;
  status = ::mdb_dbi_open(transaction.get(), nullptr, 0, &database);
  if (status != 0) return corrupt(::mdb_strerror(status));
  ::mdb_txn_commit(transaction.release());  // an aborted one would close the handle
  return TablePtr(
      new LmdbTable(std::move(copy), std::move(environment), database, options.max_key_bytes));
}

Result<std::optional<std::string>> LmdbTable::lookup(std::string_view key) const {
  if (key.size() > max_key_bytes_)
    return fail(ErrorKind::kLimit, "a lookup key of {} octets", key.size());
  std::string folded = fold_key(key);
  folded.push_back('\0');
  const std::size_t longest =
      static_cast<std::size_t>(::mdb_env_get_maxkeysize(environment_.get()));
  int status = 0;
  const Transaction transaction = begin_read(environment_.get(), status);
  if (!transaction) return fail(ErrorKind::kIo, "LMDB: {}", ::mdb_strerror(status));
  for (const std::size_t length : {folded.size(), folded.size() - 1}) {
    if (length == 0 || length > longest) continue;
    MDB_val wanted{length, folded.data()}, found{};
    status = ::mdb_get(transaction.get(), database_, &wanted, &found);
    if (status == 0) return std::string(view_of(found));
    if (status != MDB_NOTFOUND) return fail(ErrorKind::kIo, "LMDB: {}", ::mdb_strerror(status));
  }
  return std::nullopt;
}

Result<void> LmdbTable::for_each(const Visitor& visit) const {
  int status = 0;
  const Transaction transaction = begin_read(environment_.get(), status);
  MDB_cursor* cursor = nullptr;
  if (transaction) status = ::mdb_cursor_open(transaction.get(), database_, &cursor);
  if (status != 0) return fail(ErrorKind::kIo, "LMDB: {}", ::mdb_strerror(status));
  const std::unique_ptr<MDB_cursor, decltype(&::mdb_cursor_close)> owner(cursor,
                                                                         &::mdb_cursor_close);
  MDB_val key{}, value{};
  while ((status = ::mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0)
    visit(view_of(key), view_of(value));
  if (status != MDB_NOTFOUND) return fail(ErrorKind::kIo, "LMDB: {}", ::mdb_strerror(status));
  return {};
}

}  // namespace postern::maps
