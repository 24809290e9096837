#include "core/smtp/data_writer.h"

#include <algorithm>

namespace postern::smtp {

void DataWriter::line_end(std::string& out) {
  out += "\r\n";
  column_ = 0;
}

// `octets` hold no CR and no LF.
void DataWriter::text(std::string_view octets, std::string& out) {
  if (octets.empty()) return;
  if (column_ == 0 && options_.stuff_dots && octets.front() == '.') out += '.';
  const std::size_t limit = options_.line_length_limit;
  while (limit != 0 && column_ + octets.size() > limit) {
    const std::size_t fits = limit > column_ ? limit - column_ : 0;
    out += octets.substr(0, fits);
    octets.remove_prefix(fits);
    out += "\r\n ";
    column_ = 1;
    if (limit == 1) break;  // a space alone fills the line: better long than endless
  }
  out += octets;
  column_ += octets.size();
}

// Octets that hold something to repair, or an unfinished line.
void DataWriter::repair(std::string_view octets, std::string& out) {
  while (!octets.empty()) {
    if (held_cr_) {
      held_cr_ = false;
      if (octets.front() == '\n') {
        octets.remove_prefix(1);
        line_end(out);
        continue;
      }
      text(" ", out);
    }
    const std::size_t stop = std::min(octets.find_first_of("\r\n"), octets.size());
    text(octets.substr(0, stop), out);
    octets.remove_prefix(stop);
    if (octets.empty()) return;
    if (octets.front() == '\r')
      held_cr_ = true;
    else
      line_end(out);
    octets.remove_prefix(1);
  }
}

void DataWriter::append(std::string_view content, std::string& out) {
  const std::size_t limit = options_.line_length_limit;
  std::size_t clean = 0;  // content[clean, at) needs no change
  std::size_t at = 0;
  if (column_ != 0 || held_cr_) {  // the rest of a line that began earlier
    const std::size_t lf = content.find('\n');
    at = lf == std::string_view::npos ? content.size() : lf + 1;
    repair(content.substr(0, at), out);
    clean = at;
  }
  while (at < content.size()) {
    const std::size_t lf = content.find('\n', at);
    const std::size_t next = lf == std::string_view::npos ? content.size() : lf + 1;
    const std::string_view line = content.substr(at, next - at);
    const bool is_clean = line.ends_with("\r\n") && line.find('\r') == line.size() - 2 &&
                          (limit == 0 || line.size() - 2 <= limit) &&
                          !(options_.stuff_dots && line.front() == '.');
    if (!is_clean) {
      out += content.substr(clean, at - clean);
      repair(line, out);
      clean = next;
    }
    at = next;
  }
  out += content.substr(clean, at - clean);
}

void DataWriter::finish(std::string& out) {
  if (held_cr_) text(" ", out);
  held_cr_ = false;
  if (column_ != 0) line_end(out);
  if (options_.stuff_dots) out += ".\r\n";
}

}  // namespace postern::smtp
