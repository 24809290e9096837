// A filter's packet to a reply.  A packet with too little or too much in it is refused as a whole:
// the filter and we would not mean the same.
// Pure; thread-safe.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/base/result.h"
#include "core/milter/packet_reader.h"
#include "core/milter/reply.h"

namespace postern::milter {

struct ReplyLimits {
  std::size_t max_reply_lines = kMaxReplyLines;
  std::size_t max_reply_line_octets = kMaxReplyLineOctets + 16;  // text, codes and separators
  std::size_t max_macro_names = kMaxMacroNames;                  // of one stage
};

// Errors: kInvalid an unknown letter or a packet of another shape, kLimit one of the limits.  Each
// names the packet and what is wrong with it.  A malformed SMFIR_REPLYCODE is a refusal all the
// same (Verdict::fault).
Result<Reply> parse_reply(const Packet& packet, const ReplyLimits& limits = {});

// The text of SMFIR_REPLYCODE: "554-5.7.1 one" CRLF "554 5.7.1 two".  Its lines have one reply
// code, 4yz or 5yz.  Filters double each "%", because Sendmail formats the text: "%%" is "%", and a
// single one is dropped, as in Postfix.
Result<mail::Reply> parse_reply_text(std::string_view text, const ReplyLimits& limits = {});

}  // namespace postern::milter
