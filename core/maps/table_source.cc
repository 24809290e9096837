#include "core/maps/table_source.h"

#include "core/maps/alias_source.h"
#include "core/maps/text.h"

namespace postern::maps {
namespace {

bool is_blank_or_comment(std::string_view line) {
  for (const char c : line)
    if (!is_space(c)) return c == '#';
  return true;
}

// Where the key ends: the first white space outside quotes.  npos: a quote stays open.
std::size_t end_of_key(std::string_view line) {
  bool in_quotes = false;
  std::size_t at = 0;
  for (; at < line.size(); ++at) {
    if (line[at] == '\\') {
      if (++at == line.size()) break;
    } else if (line[at] == '"') {
      in_quotes = !in_quotes;
    } else if (is_space(line[at]) && !in_quotes) {
      break;
    }
  }
  return in_quotes ? std::string_view::npos : at;
}

// True where the line reads as "name: value" and cannot be a table entry.
bool looks_like_alias(std::string_view line) {
  const std::size_t end = end_of_key(line);
  if (end == std::string_view::npos || end == 0) return false;
  if (line[end - 1] == ':') return true;
  const std::string_view value = trim(line.substr(end));
  return value.empty() && line.find(':') != std::string_view::npos;
}

void parse_table_line(const LogicalLine& line, std::string_view name,
                      std::vector<SourceEntry>& entries, Warnings& warnings) {
  const std::string_view text = line.text;
  const std::size_t end = end_of_key(text);
  if (end == std::string_view::npos) {
    add_warning(warnings, fmt::format("{}, line {}: a double quote is not closed in \"{:.60}\": "
                                      "line ignored",
                                      name, line.number, text));
    return;
  }
  const std::string_view key = text.substr(0, end), value = trim(text.substr(end));
  if (key.empty() || value.empty()) {
    add_warning(warnings, fmt::format("{}, line {}: expected key, white space, value: line ignored",
                                      name, line.number));
    return;
  }
  if (key.back() == ':')
    add_warning(warnings, fmt::format("{}, line {}: the key \"{:.60}\" ends in a colon; is this "
                                      "an alias file?",
                                      name, line.number, key));
  entries.push_back({std::string(key), std::string(value), line.number});
}

Result<std::vector<LogicalLine>> read_lines(std::string_view text, std::string_view name,
                                            const TableOptions& options, Warnings& warnings) {
  std::vector<LogicalLine> lines;
  LogicalLineReader reader(text);
  LogicalLine line;
  for (;;) {
    const Result<bool> more = reader.next(line, options.max_line_bytes);
    if (!more) return fail(more.error().kind, "{}, {}", name, more.error().context);
    if (!*more) break;
    if (!is_valid_utf8(line.text)) {
      add_warning(warnings,
                  fmt::format("{}, line {}: not valid UTF-8: line ignored", name, line.number));
      continue;
    }
    if (lines.size() >= options.max_entries)
      return fail(ErrorKind::kLimit, "{}, line {}: more than {} entries", name, line.number,
                  options.max_entries);
    lines.push_back(std::move(line));
  }
  if (reader.orphans() > 0)
    add_warning(warnings, fmt::format("{}: {} lines start with white space and continue nothing: "
                                      "ignored",
                                      name, reader.orphans()));
  return lines;
}

}  // namespace

void add_warning(Warnings& warnings, std::string text) {
  if (warnings.size() < kMaxWarnings) warnings.push_back(std::move(text));
}

std::string_view LogicalLineReader::take_physical_line() {
  const std::size_t end = rest_.find('\n');
  const std::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  ++number_;
  return line;
}

Result<bool> LogicalLineReader::next(LogicalLine& line, std::size_t max_bytes) {
  line.text.clear();
  while (!rest_.empty()) {
    const std::string_view physical = take_physical_line();
    if (is_blank_or_comment(physical)) continue;
    if (is_space(physical.front())) {
      ++orphans_;
      continue;
    }
    line.number = number_;
    line.text = physical;
    // Blank and comment lines do not end a logical line: only text at the margin does.
    while (!rest_.empty() && (is_space(rest_.front()) || rest_.front() == '#')) {
      const std::string_view more = take_physical_line();
      if (!is_blank_or_comment(more)) line.text += more;
      if (line.text.size() > max_bytes) break;
    }
    if (line.text.size() > max_bytes)
      return fail(ErrorKind::kLimit, "line {}: longer than {} octets", line.number, max_bytes);
    return true;
  }
  return false;
}

Result<std::vector<SourceEntry>> parse_table_source(std::string_view text, std::string_view name,
                                                    const TableOptions& options,
                                                    Warnings& warnings) {
  auto lines = read_lines(text, name, options, warnings);
  if (!lines) return std::unexpected(lines.error());
  SourceSyntax syntax = options.syntax;
  if (syntax == SourceSyntax::kAuto) {
    syntax = lines->empty() ? SourceSyntax::kTable : SourceSyntax::kAliases;
    for (const LogicalLine& line : *lines)
      if (!looks_like_alias(line.text)) {
        syntax = SourceSyntax::kTable;
        break;
      }
  }
  std::vector<SourceEntry> entries;
  entries.reserve(lines->size());
  for (const LogicalLine& line : *lines) {
    if (syntax == SourceSyntax::kAliases)
      parse_alias_line(line, name, entries, warnings);
    else
      parse_table_line(line, name, entries, warnings);
  }
  return entries;
}

}  // namespace postern::maps
