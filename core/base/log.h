// The one way to the log.  Lines have Postfix's form ("Mon dd hh:mm:ss host postfix/smtpd[pid]:
// text"), so that the tools operators already run can read them, or one JSON object each.
// Thread-safe.  Everything that is not printable ASCII or valid UTF-8 in `text` is shown as ?, so
// one event is one line whatever a peer sent (Postfix does the same).
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "core/base/queue_id.h"
#include "core/base/result.h"

namespace postern::log {

enum class Level { kDebug, kInfo, kWarning, kError, kFatal };
enum class Format { kPostfix, kJson };

struct Options {
  std::string file;                     // "" = syslog, "/dev/stdout", or a path opened for append
  std::string syslog_name = "postfix";  // the first part of the tag
  std::string hostname;                 // "" = gethostname()
  Format format = Format::kPostfix;
  Level threshold = Level::kInfo;
};

// Call once at start, and again to reopen after log rotation or reload.
Result<void> configure(const Options& options);
// Writes out what is buffered; lines of kWarning and above flush by themselves.
void flush();

bool enabled(Level level);
// `tag`: "postfix/smtpd" is written for service "smtpd"; a service that holds a slash
// ("postfix/submission/smtpd") is a whole tag, as syslog_name overrides in master.cf make them.
void write(Level level, std::string_view service, std::string_view text);

template <typename... Args>
void info(std::string_view service, fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::kInfo))
    write(Level::kInfo, service, fmt::format(text, std::forward<Args>(args)...));
}
template <typename... Args>
void warning(std::string_view service, fmt::format_string<Args...> text, Args&&... args) {
  write(Level::kWarning, service, "warning: " + fmt::format(text, std::forward<Args>(args)...));
}
template <typename... Args>
void error(std::string_view service, fmt::format_string<Args...> text, Args&&... args) {
  write(Level::kError, service, "error: " + fmt::format(text, std::forward<Args>(args)...));
}
template <typename... Args>
void fatal(std::string_view service, fmt::format_string<Args...> text, Args&&... args) {
  write(Level::kFatal, service, "fatal: " + fmt::format(text, std::forward<Args>(args)...));
}
template <typename... Args>
void debug(std::string_view service, fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::kDebug))
    write(Level::kDebug, service, fmt::format(text, std::forward<Args>(args)...));
}

// `text` with control characters and invalid UTF-8 replaced by '?'.
std::string printable(std::string_view text);

}  // namespace postern::log
