// Table: one lookup table, "type:name" as Postfix writes it; key in, text out.
// Made by open_table(); shared by everybody who names the same table.
// Thread-safe: lookups are const and take no lock of ours.  lookup() may read a changed file again
// (table_file.h) and, for unix:, ask the name service, so it may block for that long.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace postern::maps {

// What an operator should know of a source and that does not stop it: skipped lines, duplicates.
// Bounded by kMaxWarnings; the rest is dropped.
using Warnings = std::vector<std::string>;
inline constexpr std::size_t kMaxWarnings = 100;
void add_warning(Warnings& warnings, std::string text);

class Table {
 public:
  using Visitor = std::function<void(std::string_view key, std::string_view value)>;

  virtual ~Table() = default;
  // The value under `key`, or nullopt.  An empty value is a value.  Errors: kLimit (key longer
  // than TableOptions::max_key_bytes), kUnavailable, kIo: the answer is not known, so the caller
  // must answer 4yz, never "no".
  virtual Result<std::optional<std::string>> lookup(std::string_view key) const = 0;
  // Patterns see whole keys only: partial keys (a parent domain, a bare local part) are not asked
  // of such a table.
  virtual bool is_pattern() const { return false; }
  // Every entry in no given order.  kInvalid: this type cannot be listed.
  virtual Result<void> for_each(const Visitor& visit) const;
};

using TablePtr = std::shared_ptr<const Table>;

// The two source forms: "key whitespace value" of postmap(1) and "name: value, ..." of aliases(5).
// kAuto takes a source for aliases when the key of every line ends in a colon, so that one
// hash:/etc/aliases serves alias_maps and local_recipient_maps alike.
enum class SourceSyntax { kAuto, kTable, kAliases };

struct TableOptions {
  SourceSyntax syntax = SourceSyntax::kAuto;
  std::uint64_t max_file_bytes = std::uint64_t{1} << 30;
  std::size_t max_line_bytes = std::size_t{1} << 20;  // one logical line
  std::size_t max_entries = 20'000'000;
  std::size_t max_key_bytes = 100'000;     // of a key that is looked up
  std::size_t max_result_bytes = 1 << 20;  // of a value after substitution or joining
  std::uint32_t pcre_match_limit = 1'000'000;
  std::uint32_t pcre_depth_limit = 10'000;
  std::size_t max_nesting = 8;  // unionmap: in pipemap: in ..., /file in /file
  std::chrono::nanoseconds recheck_interval = std::chrono::seconds(1);
  const Clock* clock = &Clock::system();
};

// `type_and_name`: "hash:/etc/postfix/virtual", "inline:{ a=b }", "proxy:unix:passwd.byname".
// Blocks for reading the file.  Errors: kInvalid (form, or a type this program does not have; the
// text names it and what to use instead), kNotFound, kPermission, kIo, kLimit, kCorrupt.
Result<TablePtr> open_table(std::string_view type_and_name, const TableOptions& options = {});

}  // namespace postern::maps
