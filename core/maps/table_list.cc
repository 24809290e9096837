#include "core/maps/table_list.h"

#include "core/maps/text.h"

namespace postern::maps {
namespace {

std::string join(std::string_view local_part, std::string_view domain) {
  return domain.empty() ? std::string(local_part) : fmt::format("{}@{}", local_part, domain);
}

}  // namespace

Result<TableList> TableList::open(std::string_view value, const TableOptions& options) {
  const auto items = split_list(value);
  if (!items) return std::unexpected(items.error());
  std::vector<TablePtr> tables;
  for (const std::string& item : *items) {
    auto table = open_table(item, options);
    if (!table) return std::unexpected(table.error());
    tables.push_back(std::move(*table));
  }
  return TableList(std::move(tables));
}

Result<std::optional<std::string>> TableList::lookup(std::string_view key, bool is_partial) const {
  if (key.empty()) return std::nullopt;
  for (const TablePtr& table : tables_) {
    if (is_partial && table->is_pattern()) continue;
    auto found = table->lookup(key);
    if (!found) return found;
    if (!*found) continue;
    if ((*found)->empty())
      return fail(ErrorKind::kCorrupt,
                  "the table has an empty value for \"{:.100}\"; remove the entry to mean \"none\"",
                  key);
    return found;
  }
  return std::nullopt;
}

Result<bool> TableList::contains(std::string_view key, bool is_partial) const {
  for (const TablePtr& table : tables_) {
    if (is_partial && table->is_pattern()) continue;
    auto found = table->lookup(key);
    if (!found) return std::unexpected(found.error());
    if (*found) return true;
  }
  return false;
}

Result<std::optional<AddressMatch>> TableList::find_address(const AddressQuery& query) const {
  if (tables_.empty()) return std::nullopt;
  const LocalPartSplit split = split_local_part(query.local_part, query.delimiters);
  const std::string extension(split.extension);
  struct Key {
    std::string text;
    bool is_partial;
    bool drops_extension;
    bool is_at_domain;
  };
  std::vector<Key> keys;
  keys.reserve(6);
  if (!query.quoted_local_part.empty())
    keys.push_back({join(query.quoted_local_part, query.domain), false, false, false});
  if (query.quoted_local_part != query.local_part)
    keys.push_back({join(query.local_part, query.domain), !keys.empty(), false, false});
  if (!extension.empty()) keys.push_back({join(split.base, query.domain), true, true, false});
  if (query.domain_is_local && !query.domain.empty()) {
    keys.push_back({std::string(query.local_part), true, false, false});
    if (!extension.empty()) keys.push_back({std::string(split.base), true, true, false});
  }
  if (query.ask_at_domain && !query.domain.empty())
    keys.push_back({fmt::format("@{}", query.domain), true, true, true});
  for (const Key& key : keys) {
    auto found = lookup(key.text, key.is_partial);
    if (!found) return std::unexpected(found.error());
    if (*found)
      return AddressMatch{std::move(**found), key.drops_extension ? extension : std::string(),
                          key.is_at_domain};
  }
  return std::nullopt;
}

}  // namespace postern::maps
