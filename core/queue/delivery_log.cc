#include "core/queue/delivery_log.h"

#include <fmt/format.h>

#include <iterator>

#include "core/base/log.h"

namespace postern::queue {
namespace {

void append_seconds(std::string& out, double seconds) {
  if (!(seconds > 0.0)) seconds = 0.0;  // a clock set back, or a NaN from an agent
  if (seconds >= 10.0) {
    fmt::format_to(std::back_inserter(out), "{:.0f}", seconds);
    return;
  }
  const std::size_t start = out.size();
  fmt::format_to(std::back_inserter(out),
                 seconds >= 1.0 ? fmt::runtime("{:.1f}") : fmt::runtime("{:.2f}"), seconds);
  while (out.back() == '0' && out.size() > start + 1)
    out.pop_back();
  if (out.back() == '.') out.pop_back();
}

}  // namespace

std::string format_seconds(double seconds) {
  std::string out;
  append_seconds(out, seconds);
  return out;
}

std::string format_delivery(const DeliveryLine& line) {
  std::string out;
  out.reserve(192 + line.text.size());
  const std::string to = line.recipient->forward_path.to_wire();
  fmt::format_to(std::back_inserter(out), "{:X}: to=<{}>", line.id.value(), to);
  const std::string& original = line.recipient->original_recipient;
  if (!original.empty() && !mail::equals_ignoring_ascii_case(original, to))
    out.append(", orig_to=<").append(original).append(">");
  out.append(", relay=").append(line.relay.empty() ? "none" : line.relay);
  if (line.connection_use > 1)
    fmt::format_to(std::back_inserter(out), ", conn_use={}", line.connection_use);
  out.append(", delay=");
  append_seconds(out, line.before_active + line.in_active + line.connecting + line.transmitting);
  out.append(", delays=");
  append_seconds(out, line.before_active);
  out += '/';
  append_seconds(out, line.in_active);
  out += '/';
  append_seconds(out, line.connecting);
  out += '/';
  append_seconds(out, line.transmitting);
  out.append(", dsn=").append(line.dsn).append(", status=").append(line.status);
  return out.append(" (").append(line.text).append(")");
}

void log_active(QueueId id, const mail::ReversePath& reverse_path, std::uint64_t size,
                std::size_t recipients) {
  log::info("qmgr", "{:X}: from=<{}>, size={}, nrcpt={} (queue active)", id.value(),
            mail::to_wire(reverse_path), size, recipients);
}

void log_removed(QueueId id) { log::info("qmgr", "{:X}: removed", id.value()); }

void log_expired(QueueId id, const mail::ReversePath& reverse_path, bool is_forced) {
  log::info("qmgr", "{:X}: from=<{}>, status={}, returned to sender", id.value(),
            mail::to_wire(reverse_path), is_forced ? "force-expired" : "expired");
}

void log_delivery(std::string_view service, const DeliveryLine& line) {
  if (log::enabled(log::Level::kInfo))
    log::write(log::Level::kInfo, service, format_delivery(line));
}

}  // namespace postern::queue
