#include "core/config/logical_lines.h"

#include <fcntl.h>
#include <unistd.h>

#include "core/base/unique_fd.h"
#include "core/config/words.h"

namespace postern::config {

std::vector<LogicalLine> read_logical_lines(std::string_view text, const std::string& file,
                                            Diagnostics& diagnostics, const FileLimits& limits) {
  std::vector<LogicalLine> lines;
  if (text.size() > limits.max_file_bytes) {
    diagnostics.error({file, 0}, "",
                      fmt::format("the file has {} octets; the largest that is read has {}",
                                  text.size(), limits.max_file_bytes));
    return lines;
  }
  int number = 0;
  bool continues_bad = false;  // after a bad line its continuations are part of the same fault
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    const std::string_view visible = trim(line);
    if (visible.empty() || visible.front() == '#') continue;
    while (!line.empty() && is_blank(line.back()))
      line.remove_suffix(1);
    const bool continuation = is_blank(line.front());
    if (!continuation) continues_bad = false;
    if (line.find('\0') != std::string_view::npos) {
      diagnostics.error({file, number}, "", "the line holds a NUL octet: remove it");
      continues_bad = true;
    } else if (!continuation) {
      lines.push_back({number, number, std::string(line)});
    } else if (lines.empty() && !continues_bad) {
      diagnostics.error(
          {file, number}, "",
          fmt::format("{} begins with white space, so it continues a line, but none stands before "
                      "it: start it in the first column",
                      quoted(visible)));
    } else if (!continues_bad) {
      lines.back().text += line;
      lines.back().last_line = number;
    }
    if (!lines.empty() && lines.back().text.size() > limits.max_line_bytes) {
      diagnostics.error({file, lines.back().first_line}, "",
                        fmt::format("the line and its continuations have more than {} octets",
                                    limits.max_line_bytes));
      lines.pop_back();
      continues_bad = true;
    }
  }
  return lines;
}

Result<std::string> read_config_file(const std::string& path, const FileLimits& limits) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return fail_errno("open " + path);
  std::string text;
  char buffer[16384];
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("read " + path);
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > limits.max_file_bytes)
      return fail(ErrorKind::kLimit,
                  "{}: larger than {} octets, which is the most a "
                  "configuration file may have",
                  path, limits.max_file_bytes);
  }
}

}  // namespace postern::config
