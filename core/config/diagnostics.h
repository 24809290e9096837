// What loading a configuration found: every error and warning, each with its place, so that an
// operator repairs a file in one pass.
// Plain values; not thread-safe.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace postern::config {

// Where a setting stands.  `line` 0: the place has no line (a default, a missing file).
struct SourcePlace {
  std::string file;
  int line = 0;

  // "main.cf:12", or just the file.
  std::string describe() const;
};

enum class Severity {
  kWarning,  // loading goes on; the text says what is not done
  kError,    // the configuration must not be used
};

struct Diagnostic {
  Severity severity;
  SourcePlace place;
  std::string parameter;  // "": about the file or line as a whole
  std::string text;       // what is wrong, with the value, and what would be right

  // "main.cf:12: error: smtpd_timeout: ..." in one line.
  std::string describe() const;
};

class Diagnostics {
 public:
  void error(const SourcePlace& place, std::string_view parameter, std::string text);
  void warning(const SourcePlace& place, std::string_view parameter, std::string text);

  bool has_errors() const { return errors_ != 0; }
  std::size_t error_count() const { return errors_; }
  std::size_t warning_count() const { return items_.size() - errors_; }
  const std::vector<Diagnostic>& items() const { return items_; }
  // Moves everything of `other` to the end of this.
  void take(Diagnostics&& other);
  // One describe() per line.
  std::string describe() const;

 private:
  void add(Diagnostic&& item);

  std::vector<Diagnostic> items_;
  std::size_t errors_ = 0;
  std::size_t dropped_ = 0;
};

// `value` for a message: quoted, control characters shown as ?, cut after 120 octets.
std::string quoted(std::string_view value);

}  // namespace postern::config
