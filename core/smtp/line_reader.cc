#include "core/smtp/line_reader.h"

namespace postern::smtp {

void LineReader::reset() {
  line_.clear();
  done_ = discarding_ = report_too_long_ = last_was_cr_ = false;
}

// `piece` belongs to the current line.
LineReader::Status LineReader::keep(std::string_view piece) {
  if (piece.empty()) return Status::kNeedMore;
  last_was_cr_ = piece.back() == '\r';
  if (!discarding_ && line_.size() + piece.size() > options_.max_line_octets) {
    discarded_ += line_.size();
    line_.clear();
    discarding_ = report_too_long_ = true;
  }
  if (!discarding_) {
    line_ += piece;
    return Status::kNeedMore;
  }
  discarded_ += piece.size();
  return discarded_ > options_.max_discard_octets ? Status::kFatal : Status::kNeedMore;
}

// The line ended as policy allows.
LineReader::Status LineReader::end_line() {
  last_was_cr_ = false;
  if (discarding_) {
    const bool report = report_too_long_;
    discarding_ = report_too_long_ = false;
    return report ? Status::kTooLong : Status::kNeedMore;
  }
  line_.pop_back();  // LF
  if (line_.ends_with('\r')) line_.pop_back();
  done_ = true;
  return Status::kLine;
}

LineReader::Status LineReader::feed(std::string_view& input) {
  if (done_) {
    line_.clear();
    done_ = false;
  }
  while (!input.empty()) {
    const std::size_t lf = input.find('\n');
    if (lf == std::string_view::npos) {
      // One octet more than fits is enough to know; the rest is not copied anywhere.
      const Status status = keep(input);
      input = {};
      return status;
    }
    const std::string_view piece = input.substr(0, lf + 1);
    const bool is_crlf = lf > 0 ? input[lf - 1] == '\r' : last_was_cr_;
    input.remove_prefix(lf + 1);
    if (const Status status = keep(piece); status == Status::kFatal) return status;
    if (!is_crlf && options_.bare_lf == LineEndPolicy::kReject) {
      last_was_cr_ = false;
      if (discarding_) continue;
      discarded_ += line_.size();
      line_.clear();
      discarding_ = true;
      return Status::kBareLf;
    }
    if (const Status status = end_line(); status != Status::kNeedMore) return status;
  }
  return Status::kNeedMore;
}

}  // namespace postern::smtp
