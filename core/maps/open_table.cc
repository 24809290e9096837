// "type:name" to a table: which types there are, which are read from files, which are not to be
// had.
#include <unistd.h>

#include "core/base/log.h"
#include "core/maps/cidr_table.h"
#include "core/maps/hash_table.h"
#include "core/maps/lmdb_table.h"
#include "core/maps/pattern_table.h"
#include "core/maps/simple_tables.h"
#include "core/maps/table.h"
#include "core/maps/table_file.h"
#include "core/maps/text.h"

namespace postern::maps {
namespace {

using TextLoader = Result<TablePtr> (*)(std::string_view text, std::string_view name,
                                        const TableOptions& options, Warnings& warnings);

Result<TablePtr> load_regexp(std::string_view text, std::string_view name,
                             const TableOptions& options, Warnings& warnings) {
  return load_pattern_table(PatternDialect::kPosix, text, name, options, warnings);
}
Result<TablePtr> load_pcre(std::string_view text, std::string_view name,
                           const TableOptions& options, Warnings& warnings) {
  return load_pattern_table(PatternDialect::kPerl, text, name, options, warnings);
}
Result<TablePtr> load_texthash(std::string_view text, std::string_view name,
                               const TableOptions& options, Warnings& warnings) {
  TableOptions as_table = options;  // Postfix reads texthash: in this one form only
  as_table.syntax = SourceSyntax::kTable;
  return load_hash_table(text, name, as_table, warnings);
}

// What a type is read with, if its name is a source text.
TextLoader text_loader(std::string_view type) {
  // The indexed types are built from a source text of the same name; that is what is read here.
  for (const auto indexed : {"hash", "btree", "cdb", "dbm", "sdbm"})
    if (type == indexed) return load_hash_table;
  if (type == "texthash") return load_texthash;
  if (type == "regexp") return load_regexp;
  if (type == "pcre") return load_pcre;
  if (type == "cidr") return load_cidr_table;
  return nullptr;
}

// The rules of "type:{ {line}, {line} }" as a source text.
Result<std::string> inline_source(std::string_view braces) {
  const auto inside = strip_braces(braces);
  if (!inside) return std::unexpected(inside.error());
  const auto items = split_list(*inside);
  if (!items) return std::unexpected(items.error());
  std::string text;
  for (const std::string& item : *items) {
    const auto line = strip_braces(item);
    if (!line) return fail(ErrorKind::kInvalid, "\"{:.60}\": each rule needs its own braces", item);
    text += *line;
    text += '\n';
  }
  return text;
}

Result<TablePtr> open_text_table(std::string_view type, std::string_view name, TextLoader load,
                                 const TableOptions& options) {
  const std::string full_name = fmt::format("{}:{}", type, name);
  if (name.starts_with('{')) {
    const auto text = inline_source(name);
    if (!text) return fail(ErrorKind::kInvalid, "{}: {}", full_name, text.error().context);
    Warnings warnings;
    auto table = load(*text, full_name, options, warnings);
    for (const std::string& warning : warnings)
      log::warning("maps", "{}", warning);
    return table;
  }
  const std::string path(name);
  auto loader = [path, load, options](Warnings& warnings) -> Result<TablePtr> {
    const auto text = read_source_file(path, options.max_file_bytes);
    if (!text) return std::unexpected(text.error());
    return load(*text, path, options, warnings);
  };
  return FileTable::open(full_name, {path}, std::move(loader), options);
}

Result<TablePtr> open_lmdb_table(std::string_view name, const TableOptions& options) {
  const std::string source(name), path = source + ".lmdb";
  auto loader = [source, path, options](Warnings& warnings) -> Result<TablePtr> {
    auto table = LmdbTable::open(path, options);
    if (table || table.error().kind != ErrorKind::kNotFound) return table;
    // Not built yet: the source says the same.
    const auto text = read_source_file(source, options.max_file_bytes);
    if (!text)
      return fail(text.error().kind, "neither {} nor {} can be read; run \"postmap lmdb:{}\"", path,
                  source, source);
    return load_hash_table(*text, source, options, warnings);
  };
  return FileTable::open(fmt::format("lmdb:{}", name), {path, source}, std::move(loader), options);
}

Result<TablePtr> open_combined(std::string_view type, std::string_view name,
                               const TableOptions& options) {
  const auto inside = strip_braces(name);
  if (!inside) return fail(ErrorKind::kInvalid, "{}:{}", type, inside.error().context);
  const auto items = split_list(*inside);
  if (!items) return fail(ErrorKind::kInvalid, "{}:{}", type, items.error().context);
  if (items->empty()) return fail(ErrorKind::kInvalid, "{}:{}: empty", type, name);
  if (type == "randmap") return make_random_table(*items);
  if (options.max_nesting == 0)
    return fail(ErrorKind::kLimit, "{}:{}: tables nested too deeply", type, name);
  TableOptions inner = options;
  --inner.max_nesting;
  std::vector<TablePtr> members;
  for (const std::string& item : *items) {
    auto member = open_table(item, inner);
    if (!member) return member;
    members.push_back(std::move(*member));
  }
  return make_combined_table(type == "unionmap" ? Combination::kUnion : Combination::kPipe,
                             std::move(members), options.max_result_bytes);
}

std::unexpected<Error> unsupported(std::string_view type, std::string_view name) {
  std::string_view remedy =
      "use hash:, lmdb:, texthash:, inline:, static:, regexp:, pcre:, cidr: or unix:";
  for (const auto database :
       {"mysql", "pgsql", "sqlite", "ldap", "mongodb", "nis", "nisplus", "netinfo"})
    if (type == database)
      remedy =
          "export it to a file that lmdb: or texthash: reads (a changed file is picked up "
          "without a restart)";
  for (const auto server : {"tcp", "socketmap", "memcache"})
    if (type == server) remedy = "write its answers to a file that lmdb: or texthash: reads";
  return fail(ErrorKind::kInvalid, "{}:{}: tables of type \"{}\" are not supported; {}", type, name,
              type, remedy);
}

}  // namespace

Result<TablePtr> open_table(std::string_view type_and_name, const TableOptions& options) {
  const std::string_view whole = trim(type_and_name);
  const std::size_t colon = whole.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == whole.size())
    return fail(ErrorKind::kInvalid, "\"{}\": a table is written type:name, for example hash:{}",
                whole, whole.empty() || colon == 0 ? "/etc/postfix/virtual" : whole);
  const std::string_view type = whole.substr(0, colon), name = trim(whole.substr(colon + 1));
  if (type == "proxy") return open_table(name, options);  // one process: nothing to share
  if (const TextLoader load = text_loader(type); load != nullptr)
    return open_text_table(type, name, load, options);
  if (type == "lmdb") return open_lmdb_table(name, options);
  if (type == "inline") return make_inline_table(name, options);
  if (type == "fail") return make_fail_table(std::string(name));
  if (type == "unix") return make_unix_table(name);
  if (type == "environ") return make_environment_table();
  if (type == "unionmap" || type == "pipemap" || type == "randmap")
    return open_combined(type, name, options);
  if (type == "static") {
    if (!name.starts_with('{')) return make_static_table(std::string(name));
    auto value = strip_braces(name);
    if (!value) return fail(ErrorKind::kInvalid, "static:{}", value.error().context);
    return make_static_table(std::move(*value));
  }
  return unsupported(type, name);
}

}  // namespace postern::maps
