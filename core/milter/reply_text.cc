#include "core/milter/reply_parser.h"

namespace postern::milter {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Never used as a format: the text is a stranger's.
std::string without_doubled_percent(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '%') {
      out += '%';
      ++i;
    }
  }
  return out;
}

struct Line {
  std::uint16_t code = 0;
  bool is_last = false;
  std::string_view text;
};

Result<Line> parse_line(std::string_view line) {
  if (line.size() < 3 || !is_digit(line[0]) || !is_digit(line[1]) || !is_digit(line[2]))
    return fail(ErrorKind::kInvalid, "milter reply text: a line without a reply code");
  Line out;
  out.code =
      static_cast<std::uint16_t>((line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0');
  if (out.code < 400 || out.code > 599)
    return fail(ErrorKind::kInvalid, "milter reply text: reply code {} is neither 4yz nor 5yz",
                out.code);
  if (line.size() > 3 && line[3] != ' ' && line[3] != '-')
    return fail(ErrorKind::kInvalid, "milter reply text: junk behind reply code {}", out.code);
  out.is_last = line.size() == 3 || line[3] == ' ';
  out.text = line.size() > 4 ? line.substr(4) : std::string_view();
  return out;
}

// Takes the enhanced status code off the front of `text`; one of another class than the reply code
// is text.
std::optional<mail::EnhancedStatus> take_status(std::string_view& text, std::uint16_t code) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const auto status = mail::EnhancedStatus::parse(text.substr(0, end));
  if (!status || status->class_digit != code / 100) return std::nullopt;
  text.remove_prefix(std::min(end + 1, text.size()));
  return status;
}

}  // namespace

Result<mail::Reply> parse_reply_text(std::string_view text, const ReplyLimits& limits) {
  std::optional<std::uint16_t> code;
  std::optional<mail::EnhancedStatus> status;
  std::vector<std::string> lines;
  bool is_last = false;
  // What would be an empty line behind the last CRLF is none.
  if (text.ends_with("\r\n")) text.remove_suffix(2);
  for (bool more = true; more;) {
    const std::size_t end = text.find('\n');
    more = end != std::string_view::npos;
    std::string_view octets = text.substr(0, end);
    if (more) text.remove_prefix(end + 1);
    if (octets.ends_with('\r')) octets.remove_suffix(1);
    if (lines.size() == limits.max_reply_lines)
      return fail(ErrorKind::kLimit, "milter reply text: more than {} lines",
                  limits.max_reply_lines);
    if (octets.size() > limits.max_reply_line_octets)
      return fail(ErrorKind::kLimit,
                  "milter reply text: line {} of {} octets; at most {} are taken", lines.size() + 1,
                  octets.size(), limits.max_reply_line_octets);
    auto line = parse_line(octets);
    if (!line) return std::unexpected(line.error());
    if (code && *code != line->code)
      return fail(ErrorKind::kInvalid, "milter reply text: reply code {} behind {}", line->code,
                  *code);
    if (is_last) return fail(ErrorKind::kInvalid, "milter reply text: a line behind the last");
    const auto line_status = take_status(line->text, line->code);
    if (!code) status = line_status;
    code = line->code;
    is_last = line->is_last;
    lines.push_back(without_doubled_percent(line->text));
  }
  if (!is_last)
    return fail(ErrorKind::kInvalid, "milter reply text: the last line says that one follows");
  return mail::Reply(*code, status, std::move(lines));
}

}  // namespace postern::milter
