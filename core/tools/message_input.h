// What sendmail(1) reads from standard input, made into mail data: line ends become CRLF whatever
// they were, an mbox "From " line at the top goes, so do the header fields that never leave the
// submitting machine (Bcc, Resent-Bcc, Return-Path, Content-Length), and without -i a line with
// nothing but a dot ends it.  The body streams; only the header section is held in memory.
// Not thread-safe; blocks.
#pragma once

#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/mail/mailbox.h"

namespace postern::tools {

struct MessageInputOptions {
  bool dot_is_text = false;      // -i, -oi
  bool read_recipients = false;  // -t
  std::size_t max_header_octets = 1u << 20;
  std::size_t max_recipients = 50'000;
};

struct MessageFacts {
  std::vector<mail::Mailbox> recipients;  // of the header, with -t
  bool has_8bit = false;
  bool has_utf8_header = false;  // SMTPUTF8 is needed
};

// Gives the mail data to `put` in pieces.  kLimit: the header section is too long, or names too
// many recipients; errors of `put`; kIo: standard input can't be read, so the message is not whole
// and must not be sent.
Result<MessageFacts> read_message(std::FILE* in, const MessageInputOptions& options,
                                  const std::function<Result<void>(std::string_view)>& put);

}  // namespace postern::tools
