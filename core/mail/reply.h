// One SMTP reply: reply code, optional enhanced status code, one or more text lines.
// The server builds them, the client gets them from a parser (smtp/reply_parser.h), a DSN quotes
// them.  Plain value; knows nothing of sockets.  RFC 5321 s4.2, RFC 2034.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/mail/enhanced_status.h"

namespace postern::mail {

class Reply {
 public:
  // RFC 5321 s4.5.3.1.5: code, text and CRLF of one line.
  static constexpr std::size_t kMaxLineOctets = 512;
  static constexpr std::size_t kMaxLines = 100;

  Reply() = default;
  Reply(std::uint16_t code, std::optional<EnhancedStatus> status, std::string_view text);
  // `lines`: CR, LF, NUL and other controls become '?': they would let text that came from a peer
  // or a filter forge a second reply.  Lines beyond kMaxLines are dropped.
  Reply(std::uint16_t code, std::optional<EnhancedStatus> status, std::vector<std::string> lines);

  std::uint16_t code() const { return code_; }
  const std::optional<EnhancedStatus>& status() const { return status_; }
  const std::vector<std::string>& lines() const { return lines_; }

  bool is_positive() const { return code_ >= 200 && code_ < 400; }
  bool is_transient_failure() const { return code_ >= 400 && code_ < 500; }  // 4yz: may retry
  bool is_permanent_failure() const { return code_ >= 500; }

  // Wire form; "250-" on all lines but the last, CRLF ends, each line cut at kMaxLineOctets.
  void append_to(std::string& out) const;
  // "550 5.1.1 text; next line" in one line, for logs and diagnostic codes.
  std::string to_log() const;

 private:
  std::uint16_t code_ = 0;
  std::optional<EnhancedStatus> status_;
  std::vector<std::string> lines_;
};

}  // namespace postern::mail
