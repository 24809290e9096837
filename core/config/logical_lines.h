// From the text of main.cf or master.cf to logical lines: a line that begins with white space
// continues the one before; empty lines and lines whose first visible character is # are dropped
// wherever they stand, also between a line and its continuation.
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/config/diagnostics.h"

namespace postern::config {

// Bounds on what a configuration file may hold.
struct FileLimits {
  std::size_t max_file_bytes = 4u << 20;
  std::size_t max_line_bytes = 1u << 20;  // of one logical line
};

struct LogicalLine {
  int first_line;  // counted from 1
  int last_line;
  std::string text;  // the parts joined; the blanks that begin a continuation stay
};

// Errors (a bad continuation, a NUL, a bound) go to `diagnostics` with `file` as their place; the
// lines that are sound come back all the same.
std::vector<LogicalLine> read_logical_lines(std::string_view text, const std::string& file,
                                            Diagnostics& diagnostics,
                                            const FileLimits& limits = {});

// The whole of a file.  Blocking.  Error kNotFound, kPermission, kIo, or kLimit when it is larger
// than `limits.max_file_bytes`.
Result<std::string> read_config_file(const std::string& path, const FileLimits& limits = {});

}  // namespace postern::config
