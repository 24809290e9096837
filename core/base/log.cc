#include "core/base/log.h"

#include <pthread.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <ctime>
#include <mutex>
#include <utility>

namespace postern::log {
namespace {

struct Target {
  std::shared_ptr<spdlog::logger> logger;
  Options options;
  bool prefix = false;  // syslog writes time, host and tag itself
};

// Where lines go now.  A plain lock, held for a copy: the sinks take one for each line anyway, and
// libstdc++ 12's std::atomic<std::shared_ptr> is a spin lock that ThreadSanitizer calls a race.
class Current {
 public:
  std::shared_ptr<const Target> get() const {
    const std::scoped_lock lock(mutex_);
    return target_;
  }
  // Returns the one before.
  std::shared_ptr<const Target> exchange(std::shared_ptr<const Target> target) {
    const std::scoped_lock lock(mutex_);
    return std::exchange(target_, std::move(target));
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Target> target_;
};

// The process's id.  A system call for each line would be a tenth of its cost; a fork has another.
class OwnPid {
 public:
  OwnPid() {
    refresh();
    ::pthread_atfork(nullptr, nullptr, &OwnPid::refresh);
  }
  pid_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  static void refresh() { value_.store(::getpid(), std::memory_order_relaxed); }
  static inline std::atomic<pid_t> value_{0};
};

Current current;
const OwnPid own_pid;
std::atomic<Level> threshold{Level::kInfo};

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::kDebug: return spdlog::level::debug;
    case Level::kInfo: return spdlog::level::info;
    case Level::kWarning: return spdlog::level::warn;
    case Level::kError: return spdlog::level::err;
    case Level::kFatal: return spdlog::level::critical;
  }
  return spdlog::level::info;
}

std::string_view name_of(Level level) {
  switch (level) {
    case Level::kDebug: return "debug";
    case Level::kInfo: return "info";
    case Level::kWarning: return "warning";
    case Level::kError: return "error";
    case Level::kFatal: return "fatal";
  }
  return "info";
}

// Formatting a local time costs more than the rest of the line; within a second it is the same.
std::string_view timestamp() {
  thread_local std::time_t second = 0;
  thread_local char text[32];
  thread_local std::size_t length = 0;
  const std::time_t now = std::time(nullptr);
  if (now != second) {
    std::tm parts{};
    localtime_r(&now, &parts);
    length = std::strftime(text, sizeof text, "%b %e %H:%M:%S", &parts);
    second = now;
  }
  return {text, length};
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;  // control characters are gone already
  }
  out += '"';
}

std::string tag(const Options& options, std::string_view service) {
  if (service.find('/') != std::string_view::npos) return std::string(service);
  return options.syslog_name + "/" + std::string(service);
}

// The queue id that starts `text`, as in "4F8D21A2B3C: from=<...>"; empty if none does.
std::string_view leading_queue_id(std::string_view text) {
  const std::size_t colon = text.find(": ");
  if (colon == std::string_view::npos) return {};
  return QueueId::parse(text.substr(0, colon)) ? text.substr(0, colon) : std::string_view{};
}

std::string render(const Target& target, Level level, std::string_view service,
                   std::string_view text) {
  const Options& options = target.options;
  std::string line;
  line.reserve(text.size() + 96);
  if (options.format == Format::kPostfix) {
    if (target.prefix) {
      line.append(timestamp()).append(" ").append(options.hostname).append(" ");
      line += tag(options, service);
      line += fmt::format("[{}]: ", own_pid.get());
    }
    return line.append(text);
  }
  line = fmt::format(
      "{{\"time\":{:.6f},\"level\":\"{}\",\"host\":",
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(),
      name_of(level));
  append_json_string(line, options.hostname);
  line += ",\"service\":";
  append_json_string(line, tag(options, service));
  line += fmt::format(",\"pid\":{}", own_pid.get());
  if (const auto id = leading_queue_id(text); !id.empty()) {
    line += ",\"queue_id\":";
    append_json_string(line, id);
  }
  line += ",\"message\":";
  append_json_string(line, text);
  return line += '}';
}

// Length of the well-formed UTF-8 sequence at the start of `text`, 0 if there is none
// (RFC 3629 s4: no overlong forms, no surrogates).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  std::size_t length = lead >= 0xF0 && lead <= 0xF4 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (lead > 0xF4 || length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  if ((lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F)) return 0;
  if ((lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F)) return 0;
  return length;
}

// U+0080..U+009F are controls, U+2028 and U+2029 break lines in many viewers.
bool unprintable_sequence(std::string_view sequence) {
  return (sequence.size() == 2 && sequence[0] == '\xC2' &&
          static_cast<unsigned char>(sequence[1]) < 0xA0) ||
         sequence == "\xE2\x80\xA8" || sequence == "\xE2\x80\xA9";
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80) {
      out += c < 0x20 || c == 0x7F ? '?' : static_cast<char>(c);
      ++i;
      continue;
    }
    const std::size_t length = utf8_length(text.substr(i));
    if (length == 0 || unprintable_sequence(text.substr(i, length))) {
      out += '?';
    } else {
      out.append(text.substr(i, length));
    }
    i += length == 0 ? 1 : length;
  }
  return out;
}

Result<void> configure(const Options& options) {
  auto target = std::make_shared<Target>();
  target->options = options;
  if (target->options.hostname.empty()) {
    char host[256] = "localhost";
    ::gethostname(host, sizeof host - 1);
    target->options.hostname = host;
  }
  try {
    spdlog::sink_ptr sink;
    if (options.file.empty()) {
      sink = std::make_shared<spdlog::sinks::syslog_sink_mt>(options.syslog_name, LOG_PID, LOG_MAIL,
                                                             false);
    } else if (options.file == "/dev/stdout") {
      sink = std::make_shared<spdlog::sinks::stdout_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
    }
    target->prefix = !options.file.empty();
    target->logger = std::make_shared<spdlog::logger>("postern", std::move(sink));
  } catch (const spdlog::spdlog_ex& e) {
    return fail(ErrorKind::kIo, "maillog_file = {}: {}; check the directory and its rights",
                options.file, e.what());
  }
  target->logger->set_pattern("%v");
  target->logger->set_level(spdlog::level::trace);
  target->logger->flush_on(options.file == "/dev/stdout" ? spdlog::level::info
                                                         : spdlog::level::warn);
  threshold = options.threshold;
  if (auto old = current.exchange(std::move(target))) old->logger->flush();
  return {};
}

void flush() {
  if (const auto target = current.get()) target->logger->flush();
}

bool enabled(Level level) { return level >= threshold.load(std::memory_order_relaxed); }

void write(Level level, std::string_view service, std::string_view text) {
  if (!enabled(level)) return;
  const auto target = current.get();
  const std::string clean = printable(text);
  if (!target) {  // before configure(): start-up messages
    const std::string line = fmt::format("{}: {}\n", service, clean);
    (void)!::write(STDERR_FILENO, line.data(), line.size());
    return;
  }
  target->logger->log(to_spdlog(level),
                      spdlog::string_view_t(render(*target, level, service, clean)));
}

}  // namespace postern::log
