#include "core/delivery/local/header_scan.h"

#include <algorithm>

#include "core/mail/mailbox.h"

namespace postern::delivery {
namespace {

bool is_field(std::string_view line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' &&
         mail::equals_ignoring_ascii_case(line.substr(0, name.size()), name);
}

}  // namespace

bool HeaderScan::was_delivered_to(std::string_view address) const {
  return std::ranges::find(delivered_to, mail::to_lower_ascii(address)) != delivered_to.end();
}

Result<HeaderScan> scan_header(const mail::Content& content) {
  std::string copy;
  std::string_view text = content.in_memory();
  if (text.empty()) {
    copy.resize(std::min<std::uint64_t>(content.size(), kScanLimit));
    for (std::size_t at = 0; at < copy.size();) {
      const auto got = content.read_at(at, std::span(copy).subspan(at));
      if (!got) return std::unexpected(got.error());
      if (*got == 0) break;
      at += *got;
    }
    text = copy;
  }
  text = text.substr(0, kScanLimit);
  HeaderScan out;
  while (!text.empty()) {
    const auto end = text.find("\r\n");
    const auto line = text.substr(0, end);
    if (line.empty()) break;
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 2);
    if (is_field(line, "received")) ++out.received;
    if (!is_field(line, "delivered-to") || out.delivered_to.size() >= kScanFields) continue;
    auto value = line.substr(line.find(':') + 1);
    const auto first = value.find_first_not_of(" \t");
    if (first == std::string_view::npos) continue;
    value = value.substr(first, value.find_last_not_of(" \t") - first + 1);
    out.delivered_to.push_back(mail::to_lower_ascii(value));
  }
  return out;
}

}  // namespace postern::delivery
