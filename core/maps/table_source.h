// The text of a table source: logical lines, and the entries of postmap(1) and aliases(5) form.
// A logical line starts at the margin; lines that start with white space continue it; empty lines
// and lines whose first visible character is # count for nothing, also in between.
// Pure; knows no files.  postconf(5), postmap(1), aliases(5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/maps/table.h"

namespace postern::maps {

struct LogicalLine {
  std::string text;        // continuation lines appended, line ends removed
  std::size_t number = 0;  // of its first physical line, from 1
};

class LogicalLineReader {
 public:
  // `text` must outlive the reader.
  explicit LogicalLineReader(std::string_view text) : rest_(text) {}
  // false at the end.  kLimit: a logical line longer than `max_bytes`.
  Result<bool> next(LogicalLine& line, std::size_t max_bytes);
  // Lines dropped because they start with white space and continue nothing.
  std::size_t orphans() const { return orphans_; }

 private:
  std::string_view take_physical_line();

  std::string_view rest_;
  std::size_t number_ = 0;
  std::size_t orphans_ = 0;
};

struct SourceEntry {
  std::string key;  // as written; fold_key() is the caller's
  std::string value;
  std::size_t line = 0;
};

// `name` stands in warnings.  Lines without key or value, with an open quote, or that are not UTF-8
// are skipped with a warning, as postmap skips them.  kLimit: too many entries, too long a line.
Result<std::vector<SourceEntry>> parse_table_source(std::string_view text, std::string_view name,
                                                    const TableOptions& options,
                                                    Warnings& warnings);

}  // namespace postern::maps
