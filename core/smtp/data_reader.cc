// Two gears.  Inside a run of lines the scanner looks for LF with memchr and gives out as many
// whole lines as it can in one view.  At the few places where meaning hangs on one octet (a dot at
// the start of a line, a CR at the end of the input) it takes single steps through State; these
// states survive the end of the input, so how the octets are cut cannot change a verdict.
#include "core/smtp/data_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/base/octets.h"

namespace postern::smtp {
namespace {

constexpr std::uint64_t kLongLine = 998;  // RFC 5322 s2.1.1

const char* find_octet(const char* from, const char* to, char c) {
  return from == to
             ? nullptr
             : static_cast<const char*>(std::memchr(from, c, static_cast<std::size_t>(to - from)));
}

}  // namespace

std::string_view to_string(DataVerdict verdict) {
  switch (verdict) {
    case DataVerdict::kClean: return "clean";
    case DataVerdict::kBareLf: return "bare <LF> received";
    case DataVerdict::kBareCr: return "bare <CR> received";
    case DataVerdict::kNul: return "NUL octet received";
    case DataVerdict::kTooBig: return "message size exceeds limit";
    case DataVerdict::kLineTooLong: return "line too long";
  }
  return "bad mail data";
}

DataVerdict MailDataScanner::verdict() const {
  return faults_ == 0 ? DataVerdict::kClean : static_cast<DataVerdict>(std::countr_zero(faults_));
}

void MailDataScanner::emit(std::string_view octets, OctetSink& sink) {
  if (octets.empty()) return;
  octets_ += octets.size();
  if (options_.max_octets != 0 && octets_ > options_.max_octets) flag(DataVerdict::kTooBig);
  if (options_.reject_nul && octets.find('\0') != std::string_view::npos) flag(DataVerdict::kNul);
  if (faults_ != 0) return;
  has_8bit_ = has_8bit_ || postern::has_8bit(octets);
  sink.write(octets);
}

void MailDataScanner::end_line() {
  if (line_octets_ > kLongLine) ++lines_over_998_;
  if (options_.max_line_octets != 0 && line_octets_ > options_.max_line_octets)
    flag(DataVerdict::kLineTooLong);
  line_octets_ = 0;
}

void MailDataScanner::bare_cr(OctetSink& sink) {
  has_bare_newline_ = true;
  if (options_.bare_cr == LineEndPolicy::kReject) flag(DataVerdict::kBareCr);
  ++line_octets_;
  emit(" ", sink);
}

// `rest` begins inside a line.  Gives out everything up to the first octet that needs a step, and
// returns how many octets it took; leaves state_ for what comes next.
std::size_t MailDataScanner::scan_line(std::string_view rest, OctetSink& sink) {
  const char* const begin = rest.data();
  const char* const end = begin + rest.size();
  const char* at = begin;
  while (true) {
    const char* const lf = find_octet(at, end, '\n');
    const char* const stop = lf != nullptr ? lf : end;
    const char* const cr = find_octet(at, stop, '\r');
    if (lf == nullptr || cr != lf - 1) {
      // A stray CR, a bare LF, or the end of the input: up to there it is plain text.
      const char* const plain = cr != nullptr ? cr : stop;
      line_octets_ += static_cast<std::uint64_t>(plain - at);
      emit({begin, static_cast<std::size_t>(plain - begin)}, sink);
      return static_cast<std::size_t>(plain - begin);
    }
    line_octets_ += static_cast<std::uint64_t>(cr - at);
    end_line();
    at = lf + 1;
    const bool may_be_dot = framing_ == Framing::kDot && (at == end || *at == '.');
    if (may_be_dot || at == end) {
      emit({begin, static_cast<std::size_t>(at - begin)}, sink);
      state_ = State::kLineStart;
      return static_cast<std::size_t>(at - begin);
    }
  }
}

// One octet where meaning hangs on it.  False: the octet was not used, only the state moved on.
bool MailDataScanner::step(char c, OctetSink& sink) {
  const bool dotted = framing_ == Framing::kDot;
  switch (state_) {
    case State::kLineStart:
      state_ = dotted && c == '.' ? State::kDot : State::kInLine;
      return state_ == State::kDot;
    case State::kLooseStart:
      state_ = dotted && c == '.' ? State::kLooseDot : State::kInLine;
      return state_ == State::kLooseDot;
    case State::kInLine:
      if (c == '\r') {
        state_ = State::kCr;
      } else {  // LF: scan_line stops at nothing else
        has_bare_newline_ = true;
        if (options_.bare_lf == LineEndPolicy::kReject) flag(DataVerdict::kBareLf);
        end_line();
        emit("\r\n", sink);
        state_ = State::kLooseStart;
      }
      return true;
    case State::kCr:
      if (c == '\n') {
        end_line();
        emit("\r\n", sink);
        state_ = State::kLineStart;
        return true;
      }
      bare_cr(sink);
      state_ = State::kInLine;
      return false;
    case State::kDot:
      if (c == '\r') {
        state_ = State::kDotCr;
        return true;
      }
      state_ = State::kInLine;  // the dot was stuffing (RFC 5321 s4.5.2)
      if (c != '\n') return false;
      // A dot before a bare LF is no stuffed line: keep it as text.
      ++line_octets_;
      emit(".", sink);
      return false;
    case State::kDotCr:
      if (c == '\n') {
        ended_ = true;
        return true;
      }
      state_ = State::kInLine;
      bare_cr(sink);
      return false;
    case State::kLooseDot:
      state_ = State::kInLine;
      if (c == '\r' || c == '\n') {
        ++line_octets_;
        emit(".", sink);
      }
      return false;
  }
  return true;
}

bool MailDataScanner::scan(std::string_view& input, OctetSink& sink) {
  while (!ended_ && !input.empty()) {
    if (state_ == State::kInLine) {
      input.remove_prefix(scan_line(input, sink));
      if (input.empty() || state_ != State::kInLine) continue;
    }
    if (step(input.front(), sink)) input.remove_prefix(1);
  }
  return ended_;
}

void MailDataScanner::finish(OctetSink& sink) {
  if (state_ == State::kCr) {
    bare_cr(sink);
    state_ = State::kInLine;
  }
  if (state_ == State::kInLine) {
    end_line();
    emit("\r\n", sink);
    state_ = State::kLineStart;
  }
}

void BdatReader::begin_chunk(std::uint64_t octets, bool last) {
  remaining_ = octets;
  last_ = last;
}

bool BdatReader::feed(std::string_view& input, OctetSink& sink) {
  const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size()));
  std::string_view piece = input.substr(0, take);
  scanner_.scan(piece, sink);
  input.remove_prefix(take);
  remaining_ -= take;
  if (remaining_ != 0) return false;
  if (last_ && !finished_) {
    finished_ = true;
    scanner_.finish(sink);
  }
  return true;
}

}  // namespace postern::smtp
