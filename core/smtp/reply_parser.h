// ReplyParser: octets from a server to replies.  Everything is bounded, and a server that breaks
// the grammar is not believed: the caller closes and defers.
// Not here: what a reply means (delivery/), EHLO's keywords (capabilities.h).
// RFC 5321 s4.2, RFC 2034.  Pure; one connection each; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/mail/reply.h"

namespace postern::smtp {

struct ReplyParserOptions {
  // Kept of one line; what is beyond is dropped.  line_length_limit
  std::size_t max_line_octets = 2048;
  std::size_t max_lines = mail::Reply::kMaxLines;
  std::size_t max_reply_octets = 64 * 1024;  // of one reply as it came in, line ends included
};

enum class ReplyFault {
  kNone,
  kBadCode,           // not three digits from 200 to 599, or junk behind them
  kInconsistentCode,  // a later line of a reply has another code
  kNul,
  kTooManyLines,
  kTooLong,  // max_reply_octets
};
std::string_view to_string(ReplyFault fault);

class ReplyParser {
 public:
  enum class Status { kNeedMore, kReply, kFault };

  explicit ReplyParser(ReplyParserOptions options = {}) : options_(options) {}

  // Takes octets off the front of `input` up to the end of one reply.  A bare LF ends a line too:
  // the reply comes from a peer that we chose, and some send it.  After kFault it stays there.
  Status feed(std::string_view& input);

  // The reply, its enhanced status code taken off its lines; valid until the next feed().
  const mail::Reply& reply() const { return reply_; }
  ReplyFault fault() const { return fault_; }
  // Nothing of a further reply has come in.
  bool is_idle() const { return octets_ == 0; }

 private:
  Status fail(ReplyFault fault);
  Status take_line();
  void finish_reply();

  ReplyParserOptions options_;
  mail::Reply reply_;
  ReplyFault fault_ = ReplyFault::kNone;
  std::string line_;
  std::vector<std::string> lines_;
  std::uint16_t code_ = 0;
  std::size_t octets_ = 0;
};

}  // namespace postern::smtp
