#include "core/smtp/reply_parser.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace postern::smtp {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "5.1.1 text" -> 5.1.1, where the class agrees with the reply code (RFC 2034 s4).
std::optional<mail::EnhancedStatus> leading_status(std::string_view text, std::uint16_t code) {
  const auto status = mail::EnhancedStatus::parse(text.substr(0, text.find(' ')));
  if (!status || status->class_digit != code / 100) return std::nullopt;
  return status;
}

}  // namespace

std::string_view to_string(ReplyFault fault) {
  switch (fault) {
    case ReplyFault::kNone: return "no fault";
    case ReplyFault::kBadCode: return "malformed reply code";
    case ReplyFault::kInconsistentCode: return "reply code changes within one reply";
    case ReplyFault::kNul: return "NUL in reply";
    case ReplyFault::kTooManyLines: return "reply has too many lines";
    case ReplyFault::kTooLong: return "reply is too long";
  }
  return "bad reply";
}

ReplyParser::Status ReplyParser::fail(ReplyFault fault) {
  fault_ = fault;
  line_.clear();
  lines_.clear();
  return Status::kFault;
}

void ReplyParser::finish_reply() {
  const auto status = leading_status(lines_.front(), code_);
  if (status) {
    for (std::string& line : lines_) {
      if (leading_status(line, code_) != status) continue;
      const std::size_t space = line.find(' ');
      line.erase(0, space == std::string::npos ? line.size() : space + 1);
    }
  }
  reply_ = mail::Reply(code_, status, std::move(lines_));
  lines_ = {};
  octets_ = 0;
}

// line_ holds one line with its LF.
ReplyParser::Status ReplyParser::take_line() {
  while (line_.ends_with('\n') || line_.ends_with('\r'))
    line_.pop_back();
  const bool shaped = line_.size() >= 3 && line_[0] >= '2' && line_[0] <= '5' &&
                      is_digit(line_[1]) && is_digit(line_[2]) &&
                      (line_.size() == 3 || line_[3] == ' ' || line_[3] == '-');
  if (!shaped) return fail(ReplyFault::kBadCode);
  const auto code =
      static_cast<std::uint16_t>((line_[0] - '0') * 100 + (line_[1] - '0') * 10 + (line_[2] - '0'));
  if (!lines_.empty() && code != code_) return fail(ReplyFault::kInconsistentCode);
  if (lines_.size() == options_.max_lines) return fail(ReplyFault::kTooManyLines);
  code_ = code;
  const bool more = line_.size() > 3 && line_[3] == '-';
  lines_.push_back(line_.substr(std::min<std::size_t>(4, line_.size())));
  line_.clear();
  if (more) return Status::kNeedMore;
  finish_reply();
  return Status::kReply;
}

ReplyParser::Status ReplyParser::feed(std::string_view& input) {
  if (fault_ != ReplyFault::kNone) return Status::kFault;
  while (!input.empty()) {
    const std::size_t lf = input.find('\n');
    const bool complete = lf != std::string_view::npos;
    std::string_view piece = input.substr(0, complete ? lf + 1 : input.size());
    input.remove_prefix(piece.size());
    octets_ += piece.size();
    if (octets_ > options_.max_reply_octets) return fail(ReplyFault::kTooLong);
    if (piece.find('\0') != std::string_view::npos) return fail(ReplyFault::kNul);
    piece = piece.substr(
        0, options_.max_line_octets - std::min(line_.size(), options_.max_line_octets));
    line_ += piece;
    if (!complete) return Status::kNeedMore;
    if (const Status status = take_line(); status != Status::kNeedMore) return status;
  }
  return Status::kNeedMore;
}

}  // namespace postern::smtp
