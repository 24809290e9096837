// What local delivery needs to know from a message's own header section: where it has been.
// Reads at most kScanLimit octets.  RFC 5321 s6.3 (loop detection by counting Received).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/mail/content.h"

namespace postern::delivery {

struct HeaderScan {
  std::vector<std::string> delivered_to;  // values of Delivered-To, trimmed, lower case
  std::size_t received = 0;               // number of Received fields

  bool was_delivered_to(std::string_view address) const;
};

constexpr std::size_t kScanLimit = 1 << 20;  // octets of header section looked at
constexpr std::size_t kScanFields = 1000;    // Delivered-To values kept

Result<HeaderScan> scan_header(const mail::Content& content);

}  // namespace postern::delivery
