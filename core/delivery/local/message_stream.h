// MessageStream: a message's octets as a mailbox or a command takes them.  Reads the canonical CRLF
// content in pieces and gives it out with the wanted line ends, prepended header fields, mbox
// quoting and so on.  Memory use does not depend on the size of the message.
// Not thread-safe; blocks where the content does.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/mail/content.h"

namespace postern::delivery {

struct StreamForm {
  std::string prologue;  // lines put before the message, LF line ends, e.g. "Return-Path: <>\n"
  std::string line_end = "\n";  // pipe(8) eol=; a mailbox has LF
  bool quote_from = false;      // "From " at the start of a line becomes ">From "
  bool stuff_dots = false;      // "." at the start of a line becomes ".."  (pipe(8) flag '.')
  bool end_blank_line = false;  // an empty line after the message (mbox, pipe(8) flag B)
  // The final delivery agent owns Return-Path (RFC 5321 s4.4): one that came with the message goes.
  bool drop_return_path = true;
};

// Takes each piece; an error ends the stream and is what write() returns.
using StreamSink = std::function<Result<void>(std::string_view)>;

// Sends all of `content` in `form` to `sink`.  Returns the octets given out.
Result<std::uint64_t> stream_message(const mail::Content& content, const StreamForm& form,
                                     const StreamSink& sink);

// A sink over a descriptor; full writes, EINTR retried.  `name` is for the error text.
StreamSink write_to(int fd, std::string name);

}  // namespace postern::delivery
