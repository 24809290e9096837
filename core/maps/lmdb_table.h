// LmdbTable: files made by postmap(1), Postfix's or ours.  The file is copied into anonymous memory
// (memfd) and mapped from there: whoever rewrites, truncates or replaces it under us can neither
// tear a lookup nor kill the process with SIGBUS.  One copy for all threads.
// Keys and values are taken with or without a trailing NUL, as Postfix may have written either.
// Immutable; LMDB read transactions without its lock table, so thread-safe and lock-free.
#pragma once

#include <lmdb.h>

#include <memory>
#include <string>

#include "core/base/unique_fd.h"
#include "core/maps/table.h"

namespace postern::maps {

class LmdbTable final : public Table {
 public:
  // `path`: with ".lmdb".  Errors: kNotFound, kPermission, kLimit, kIo; kCorrupt: not an LMDB file,
  // or one shorter than its own page count.
  static Result<TablePtr> open(const std::string& path, const TableOptions& options);
  ~LmdbTable() override = default;

  Result<std::optional<std::string>> lookup(std::string_view key) const override;
  Result<void> for_each(const Visitor& visit) const override;

 private:
  struct CloseEnvironment {
    void operator()(MDB_env* environment) const { ::mdb_env_close(environment); }
  };
  using Environment = std::unique_ptr<MDB_env, CloseEnvironment>;

  LmdbTable(UniqueFd copy, Environment environment, MDB_dbi database, std::size_t max_key_bytes)
      : copy_(std::move(copy)),
        environment_(std::move(environment)),
        database_(database),
        max_key_bytes_(max_key_bytes) {}

  UniqueFd copy_;  // outlives the mapping
  Environment environment_;
  MDB_dbi database_;
  std::size_t max_key_bytes_;
};

}  // namespace postern::maps
