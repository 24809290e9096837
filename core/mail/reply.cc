#include "core/mail/reply.h"

#include <fmt/format.h>

namespace postern::mail {
namespace {

std::string cleaned(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  return out;
}

}  // namespace

Reply::Reply(std::uint16_t code, std::optional<EnhancedStatus> status, std::string_view text)
    : code_(code), status_(status), lines_{cleaned(text)} {}

Reply::Reply(std::uint16_t code, std::optional<EnhancedStatus> status,
             std::vector<std::string> lines)
    : code_(code), status_(status), lines_(std::move(lines)) {
  if (lines_.empty()) lines_.emplace_back();
  if (lines_.size() > kMaxLines) lines_.resize(kMaxLines);
  for (std::string& line : lines_)
    line = cleaned(line);
}

void Reply::append_to(std::string& out) const {
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const std::size_t start = out.size();
    fmt::format_to(std::back_inserter(out), "{:03}{}", code_, i + 1 < lines_.size() ? '-' : ' ');
    if (status_) {
      out += status_->to_string();
      out += ' ';
    }
    out += lines_[i];
    if (out.size() - start > kMaxLineOctets - 2) out.resize(start + kMaxLineOctets - 2);
    out += "\r\n";
  }
}

std::string Reply::to_log() const {
  std::string out = fmt::format("{:03}", code_);
  if (status_) out += " " + status_->to_string();
  for (std::size_t i = 0; i < lines_.size(); ++i)
    out += (i == 0 ? " " : "; ") + lines_[i];
  return out;
}

}  // namespace postern::mail
