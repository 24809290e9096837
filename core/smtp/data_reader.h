// DataReader: mail data after 354, from the wire to its canonical form.  Only CRLF.CRLF ends it
// (RFC 5321 s4.1.1.4): every look-alike that some server accepts is an SMTP smuggling hole
// (CVE-2023-51764 and its kin).  What goes out has CRLF line ends only and no stuffed dots.
// BdatReader: the same for BDAT chunks, which end by count (RFC 3030).
// Pure; owned by one session; not thread-safe; octets pass through, none are kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "core/smtp/line_reader.h"
#include "core/smtp/octet_sink.h"

namespace postern::smtp {

struct DataReaderOptions {
  LineEndPolicy bare_lf = LineEndPolicy::kReject;  // smtpd_forbid_bare_newline
  // Normalised to a space, as cleanup_replace_stray_cr_lf does.
  LineEndPolicy bare_cr = LineEndPolicy::kReject;
  bool reject_nul = false;                // else NUL passes unchanged
  std::uint64_t max_octets = 10'240'000;  // message_size_limit; 0: none
  // Longest line without CRLF that is not a reason to reject; 0: any length passes.  Lines above
  // 998 octets are counted either way.
  std::size_t max_line_octets = 0;
};

// What was wrong; of several things the one that stands first here, so that the verdict does not
// depend on how the octets were cut.
enum class DataVerdict : unsigned char {
  kClean,
  kBareLf,       // 550 5.5.2
  kBareCr,       // 550 5.5.2
  kNul,          // 550 5.6.0
  kTooBig,       // 552 5.3.4
  kLineTooLong,  // 500 5.6.0 by policy
};
std::string_view to_string(DataVerdict verdict);

// What both readers share: line ends, limits and counts.  `Framing` says who finds the end.
class MailDataScanner {
 public:
  enum class Framing { kDot, kCounted };

  MailDataScanner(Framing framing, DataReaderOptions options)
      : options_(options), framing_(framing) {}

  // Takes octets off the front of `input`, gives the canonical ones to `sink`; true at
  // CRLF.CRLF (Framing::kDot only), with `input` just behind it.
  bool scan(std::string_view& input, OctetSink& sink);
  // Framing::kCounted: no more octets come.  Completes the last line.
  void finish(OctetSink& sink);

  DataVerdict verdict() const;
  std::uint64_t octets() const { return octets_; }  // given to the sink, or what would have been
  std::uint64_t lines_over_998() const { return lines_over_998_; }
  bool has_8bit() const { return has_8bit_; }
  // A stray CR or LF was there, whatever the policy makes of it.
  bool has_bare_newline() const { return has_bare_newline_; }

 private:
  enum class State : unsigned char {
    kLineStart,   // after CRLF, and at the very beginning
    kLooseStart,  // after a bare LF that was normalised: a dot is unstuffed, but ends nothing
    kInLine,
    kCr,        // CR seen, not yet given out
    kDot,       // "." at kLineStart, not yet given out
    kDotCr,     // "." CR at kLineStart, neither given out
    kLooseDot,  // "." at kLooseStart, not yet given out
  };

  void emit(std::string_view octets, OctetSink& sink);
  void flag(DataVerdict verdict) { faults_ |= 1u << static_cast<unsigned>(verdict); }
  void end_line();
  void bare_cr(OctetSink& sink);
  std::size_t scan_line(std::string_view rest, OctetSink& sink);
  bool step(char c, OctetSink& sink);

  DataReaderOptions options_;
  Framing framing_;
  State state_ = State::kLineStart;
  unsigned faults_ = 0;  // bits by DataVerdict
  bool has_8bit_ = false;
  bool has_bare_newline_ = false;
  bool ended_ = false;
  std::uint64_t octets_ = 0;
  std::uint64_t line_octets_ = 0;
  std::uint64_t lines_over_998_ = 0;
};

class DataReader {
 public:
  explicit DataReader(DataReaderOptions options = {})
      : scanner_(MailDataScanner::Framing::kDot, options) {}

  // True once CRLF.CRLF was consumed.  After a violation octets are still consumed up to the true
  // end, so that none of them is taken for a command, but nothing more is given to `sink`: look at
  // verdict() before the message is kept.
  bool feed(std::string_view& input, OctetSink& sink) { return scanner_.scan(input, sink); }

  DataVerdict verdict() const { return scanner_.verdict(); }
  std::uint64_t octets() const { return scanner_.octets(); }
  std::uint64_t lines_over_998() const { return scanner_.lines_over_998(); }
  bool has_8bit() const { return scanner_.has_8bit(); }
  bool has_bare_newline() const { return scanner_.has_bare_newline(); }

 private:
  MailDataScanner scanner_;
};

class BdatReader {
 public:
  explicit BdatReader(DataReaderOptions options = {})
      : scanner_(MailDataScanner::Framing::kCounted, options) {}

  // One BDAT command.  The chunk before it must be complete.
  void begin_chunk(std::uint64_t octets, bool last);
  // True once the chunk is complete (at once where it has no octets).  Of the last chunk: the
  // final line is completed with CRLF where it has none.
  bool feed(std::string_view& input, OctetSink& sink);
  std::uint64_t remaining() const { return remaining_; }

  DataVerdict verdict() const { return scanner_.verdict(); }
  std::uint64_t octets() const { return scanner_.octets(); }
  std::uint64_t lines_over_998() const { return scanner_.lines_over_998(); }
  bool has_8bit() const { return scanner_.has_8bit(); }
  bool has_bare_newline() const { return scanner_.has_bare_newline(); }

 private:
  MailDataScanner scanner_;
  std::uint64_t remaining_ = 0;
  bool last_ = false;
  bool finished_ = false;
};

}  // namespace postern::smtp
