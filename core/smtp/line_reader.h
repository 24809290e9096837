// LineReader: octets in, command lines out, whatever pieces they arrive in.  Only CRLF ends a line
// (RFC 5321 s2.3.8); what another receiver might take for a line end is reported, never guessed.
// Not here: mail data (data_reader.h), replies (reply_parser.h).
// Pure; owned by one session; not thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern::smtp {

// smtpd_forbid_bare_newline.  There is no "accept as is": a stray CR or LF never gets through.
enum class LineEndPolicy {
  kReject,     // an error for the peer
  kNormalize,  // a bare LF counts as a line end, but never helps to end the mail data
};

struct LineReaderOptions {
  // Longest line, CRLF included (RFC 5321 s4.5.3.1.4 counts so); line_length_limit.
  std::size_t max_line_octets = 2048;
  // What may be thrown away after a line that is too long, in one session; then kFatal.
  std::size_t max_discard_octets = 64 * 1024;
  LineEndPolicy bare_lf = LineEndPolicy::kReject;  // smtpd_forbid_bare_newline
};

class LineReader {
 public:
  enum class Status {
    kNeedMore,  // the input is used up
    kLine,      // line() holds one, without its line end; it may hold a bare CR, which the command
                // parser refuses
    kTooLong,   // the line was thrown away up to its CRLF: 500, the session may go on
    kBareLf,    // a bare LF where policy refuses it: answer and close.  Reported at once, as such a
                // peer may never send CRLF; what follows up to the next CRLF is thrown away
    kFatal,     // more than max_discard_octets thrown away: close
  };

  explicit LineReader(LineReaderOptions options = {}) : options_(options) {}

  // Takes octets off the front of `input` up to the end of one line.  Verdicts do not depend on
  // how the octets are cut into calls.
  Status feed(std::string_view& input);
  // Valid until the next feed().
  std::string_view line() const { return line_; }

  void set_bare_lf_policy(LineEndPolicy policy) { options_.bare_lf = policy; }
  // Octets of an unfinished line: after STARTTLS there must be none (CVE-2011-0411).
  bool has_partial_line() const { return !done_ && (!line_.empty() || discarding_); }
  // Forgets an unfinished line, as STARTTLS demands; the discard count stays.
  void reset();

 private:
  Status keep(std::string_view piece);
  Status end_line();

  LineReaderOptions options_;
  std::string line_;
  std::size_t discarded_ = 0;
  bool done_ = false;        // line_ was handed out; the next feed starts a new one
  bool discarding_ = false;  // inside a line that is thrown away
  bool report_too_long_ = false;
  bool last_was_cr_ = false;
};

}  // namespace postern::smtp
