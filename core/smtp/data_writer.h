// DataWriter: content on its way to a peer.  The wire gets CRLF line ends only and, for DATA,
// stuffed dots and the final dot; so nothing that came in by a lenient path can end the next hop's
// mail data early (reverse of data_reader.h).  Clean content passes unchanged.
// RFC 5321 s4.5.2.  Pure; one message each; not thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern::smtp {

struct DataWriterOptions {
  // Longer lines are broken by CRLF SPACE, CRLF not counted; 0: never.  smtp_line_length_limit
  std::size_t line_length_limit = 998;
  bool stuff_dots = true;  // false for BDAT, which ends by count
};

class DataWriter {
 public:
  explicit DataWriter(DataWriterOptions options = {}) : options_(options) {}

  // Appends the wire form of the next octets to `out`: at most twice as long, plus folds.  A bare
  // LF becomes CRLF, a bare CR a space (cleanup_replace_stray_cr_lf).
  void append(std::string_view content, std::string& out);
  // Completes the last line; with dots: the final ".".
  void finish(std::string& out);

 private:
  void line_end(std::string& out);
  void text(std::string_view octets, std::string& out);
  void repair(std::string_view octets, std::string& out);

  DataWriterOptions options_;
  std::size_t column_ = 0;  // octets of the current line that are out
  bool held_cr_ = false;    // a CR at the end of the input, not yet judged
};

}  // namespace postern::smtp
