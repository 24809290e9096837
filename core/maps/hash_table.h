// HashTable: fixed keys in memory, folded; what hash:, btree:, texthash: and inline: are made of.
// Immutable, so thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/maps/table.h"
#include "core/maps/table_source.h"

namespace postern::maps {

class HashTable final : public Table {
 public:
  // Of two entries with one key the first stays, with a warning, as postmap does it.
  HashTable(std::vector<SourceEntry> entries, std::string_view name, std::size_t max_key_bytes,
            Warnings& warnings);

  Result<std::optional<std::string>> lookup(std::string_view key) const override;
  Result<void> for_each(const Visitor& visit) const override;
  std::size_t size() const { return entries_.size(); }

 private:
  std::unordered_map<std::string, std::string> entries_;
  const std::size_t max_key_bytes_;
};

Result<TablePtr> load_hash_table(std::string_view text, std::string_view name,
                                 const TableOptions& options, Warnings& warnings);
// "inline:{ key=value, { key = text with spaces } }"; `text`: what follows "inline:".
Result<TablePtr> make_inline_table(std::string_view text, const TableOptions& options);

}  // namespace postern::maps
