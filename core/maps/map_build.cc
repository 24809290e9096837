#include "core/maps/map_build.h"

#include "core/maps/lmdb_table.h"
#include "core/maps/lmdb_writer.h"
#include "core/maps/table_file.h"
#include "core/maps/table_source.h"
#include "core/maps/text.h"

namespace postern::maps {
namespace {

using Entries = std::unordered_map<std::string, std::string>;

struct Target {
  std::string type, source;
  bool is_lmdb() const { return type == "lmdb"; }
  std::string lmdb_path() const { return source + ".lmdb"; }
};

Result<Target> parse_target(std::string_view type_and_name) {
  const std::size_t colon = type_and_name.find(':');
  Target target;
  if (colon == std::string_view::npos) {
    target = {"lmdb", std::string(type_and_name)};  // default_database_type
  } else {
    target = {std::string(type_and_name.substr(0, colon)),
              std::string(type_and_name.substr(colon + 1))};
  }
  for (const auto known : {"lmdb", "hash", "btree", "cdb", "dbm", "sdbm", "texthash"})
    if (target.type == known && !target.source.empty()) return target;
  return fail(ErrorKind::kInvalid,
              "\"{}\": only tables made from a source file can be built: use "
              "lmdb:/path or hash:/path",
              type_and_name);
}

// Puts the entries of `source` into `entries` by the rule for duplicates.
Result<void> merge(std::string_view source, const std::string& name, const MapBuildOptions& options,
                   Entries& entries, Warnings& warnings) {
  auto parsed = parse_table_source(source, name, options.tables, warnings);
  if (!parsed) return std::unexpected(parsed.error());
  for (SourceEntry& entry : *parsed) {
    std::string key = options.fold_keys ? fold_key(entry.key) : std::move(entry.key);
    if (options.duplicates == DuplicatePolicy::kReplace) {
      entries.insert_or_assign(std::move(key), std::move(entry.value));
    } else if (!entries.emplace(key, std::move(entry.value)).second &&
               options.duplicates == DuplicatePolicy::kWarn) {
      add_warning(warnings, fmt::format("{}, line {}: a second entry for \"{:.60}\": ignored", name,
                                        entry.line, key));
    }
  }
  return {};
}

Result<Entries> load_lmdb(const Target& target, const TableOptions& options) {
  const auto table = LmdbTable::open(target.lmdb_path(), options);
  if (!table) return std::unexpected(table.error());
  Entries entries;
  const auto visit = [&](std::string_view key, std::string_view value) {
    entries.emplace(key, value);
  };
  if (auto listed = (*table)->for_each(visit); !listed) return std::unexpected(listed.error());
  return entries;
}

std::unexpected<Error> not_changeable(const Target& target) {
  return fail(ErrorKind::kInvalid, "{}:{} is read from its source text: edit {}", target.type,
              target.source, target.source);
}

}  // namespace

Result<MapBuildReport> build_map(std::string_view type_and_name, const MapBuildOptions& options) {
  const auto target = parse_target(type_and_name);
  if (!target) return std::unexpected(target.error());
  const auto text = read_source_file(target->source, options.tables.max_file_bytes);
  if (!text) return std::unexpected(text.error());
  MapBuildReport report;
  Entries entries;
  if (auto merged = merge(*text, target->source, options, entries, report.warnings); !merged)
    return std::unexpected(merged.error());
  report.entries = entries.size();
  if (!target->is_lmdb()) return report;
  report.path = target->lmdb_path();
  if (auto written = write_lmdb_file(report.path, target->source, entries); !written)
    return std::unexpected(written.error());
  return report;
}

Result<MapBuildReport> insert_entries(std::string_view type_and_name, std::string_view source,
                                      const MapBuildOptions& options) {
  const auto target = parse_target(type_and_name);
  if (!target) return std::unexpected(target.error());
  if (!target->is_lmdb()) return not_changeable(*target);
  auto entries = load_lmdb(*target, options.tables);
  if (!entries) {
    if (entries.error().kind != ErrorKind::kNotFound) return std::unexpected(entries.error());
    entries = Entries();
  }
  MapBuildReport report;
  if (auto merged = merge(source, "input", options, *entries, report.warnings); !merged)
    return std::unexpected(merged.error());
  report.entries = entries->size();
  report.path = target->lmdb_path();
  if (auto written = write_lmdb_file(report.path, report.path, *entries); !written)
    return std::unexpected(written.error());
  return report;
}

Result<std::size_t> delete_keys(std::string_view type_and_name,
                                const std::vector<std::string>& keys,
                                const MapBuildOptions& options) {
  const auto target = parse_target(type_and_name);
  if (!target) return std::unexpected(target.error());
  if (!target->is_lmdb()) return not_changeable(*target);
  auto entries = load_lmdb(*target, options.tables);
  if (!entries) return std::unexpected(entries.error());
  std::size_t removed = 0;
  for (const std::string& key : keys)
    removed += entries->erase(options.fold_keys ? fold_key(key) : key);
  if (removed == 0) return removed;
  if (auto written = write_lmdb_file(target->lmdb_path(), target->lmdb_path(), *entries); !written)
    return std::unexpected(written.error());
  return removed;
}

}  // namespace postern::maps
