#include "core/maps/hash_table.h"

#include "core/maps/text.h"

namespace postern::maps {
namespace {

// Splits "key = value".
Result<SourceEntry> parse_assignment(std::string_view item, std::string_view whole) {
  const std::size_t equals = item.find('=');
  const std::string_view key = trim(item.substr(0, equals));
  if (equals == std::string_view::npos || key.empty())
    return fail(ErrorKind::kInvalid,
                "inline:{}: \"{}\" is not \"key=value\"; write inline:{{ key=value, {{ key = text "
                "with spaces }} }}",
                whole, item);
  return SourceEntry{std::string(key), std::string(trim(item.substr(equals + 1))), 0};
}

}  // namespace

HashTable::HashTable(std::vector<SourceEntry> entries, std::string_view name,
                     std::size_t max_key_bytes, Warnings& warnings)
    : max_key_bytes_(max_key_bytes) {
  entries_.reserve(entries.size());
  for (SourceEntry& entry : entries) {
    if (!entries_.emplace(fold_key(entry.key), std::move(entry.value)).second)
      add_warning(warnings, fmt::format("{}, line {}: a second entry for \"{:.60}\": ignored", name,
                                        entry.line, entry.key));
  }
}

Result<std::optional<std::string>> HashTable::lookup(std::string_view key) const {
  if (key.size() > max_key_bytes_)
    return fail(ErrorKind::kLimit, "a lookup key of {} octets", key.size());
  const auto found = entries_.find(fold_key(key));
  if (found == entries_.end()) return std::nullopt;
  return found->second;
}

Result<void> HashTable::for_each(const Visitor& visit) const {
  for (const auto& [key, value] : entries_)
    visit(key, value);
  return {};
}

Result<TablePtr> load_hash_table(std::string_view text, std::string_view name,
                                 const TableOptions& options, Warnings& warnings) {
  auto entries = parse_table_source(text, name, options, warnings);
  if (!entries) return std::unexpected(entries.error());
  return std::make_shared<HashTable>(std::move(*entries), name, options.max_key_bytes, warnings);
}

Result<TablePtr> make_inline_table(std::string_view text, const TableOptions& options) {
  const auto inside = strip_braces(text);
  if (!inside) return fail(ErrorKind::kInvalid, "inline:{}", inside.error().context);
  const auto items = split_list(*inside);
  if (!items) return fail(ErrorKind::kInvalid, "inline:{}", items.error().context);
  if (items->empty()) return fail(ErrorKind::kInvalid, "inline:{}: an empty table", text);
  std::vector<SourceEntry> entries;
  for (const std::string& item : *items) {
    std::string assignment = item;
    if (item.starts_with('{')) {
      auto stripped = strip_braces(item);
      if (!stripped) return fail(ErrorKind::kInvalid, "inline:{}", stripped.error().context);
      assignment = std::move(*stripped);
    }
    auto entry = parse_assignment(assignment, text);
    if (!entry) return std::unexpected(entry.error());
    entries.push_back(std::move(*entry));
  }
  Warnings warnings;
  return std::make_shared<HashTable>(std::move(entries), "inline", options.max_key_bytes, warnings);
}

}  // namespace postern::maps
