#include "core/tools/message_input.h"

#include <algorithm>

#include "core/base/octets.h"
#include "core/mime/header_recipients.h"
#include "core/mime/header_section.h"

namespace postern::tools {
namespace {

constexpr std::size_t kPiece = 16u << 10;

// Lines of a stream.  A line without end (a body of one gigabyte) comes in pieces.
class LineSource {
 public:
  LineSource(std::FILE* in, bool dot_is_text) : in_(in), dot_is_text_(dot_is_text) {}

  // False at the end.  `line`: with CRLF where its end was reached, CRs inside made blanks: a CR
  // alone would be a line end to some receivers, and so a way to smuggle.
  Result<bool> next(std::string& line) {
    line.clear();
    if (is_ended_) return false;
    const bool at_line_start = std::exchange(at_line_start_, false);
    int c = 0;
    while (line.size() < kPiece && (c = std::fgetc(in_)) != EOF && c != '\n')
      line.push_back(static_cast<char>(c));
    if (c == EOF) {
      if (std::ferror(in_) != 0) return fail_errno("standard input");
      is_ended_ = true;
      if (line.empty() && at_line_start) return false;
    }
    if (line.size() == kPiece && c != '\n' && c != EOF) {
      // A CR at the cut may be half of a line end; it is looked at again with what follows.
      if (line.back() == '\r') {
        std::ungetc('\r', in_);
        line.pop_back();
      }
      std::ranges::replace(line, '\r', ' ');
      return true;
    }
    if (line.ends_with('\r')) line.pop_back();
    std::ranges::replace(line, '\r', ' ');
    if (!dot_is_text_ && at_line_start && line == ".") {
      is_ended_ = true;
      return false;
    }
    line += "\r\n";
    at_line_start_ = true;
    return true;
  }

 private:
  std::FILE* in_;
  bool dot_is_text_;
  bool at_line_start_ = true;
  bool is_ended_ = false;
};

bool is_dropped_field(std::string_view name) {
  return mime::is_hidden_recipient_field(name) ||
         mail::equals_ignoring_ascii_case(name, "return-path") ||
         mail::equals_ignoring_ascii_case(name, "content-length");
}

// The header section: lines up to and with the first that is none of its own.
Result<std::string> read_header(LineSource& lines, std::size_t max_octets) {
  std::string header, line;
  bool at_top = true;
  while (true) {
    const auto more = lines.next(line);
    if (!more) return std::unexpected(more.error());
    if (!*more) return header;
    // An mbox separator, quoted or not.
    if (at_top && (line.starts_with("From ") || line.starts_with(">From "))) continue;
    if (header.size() + line.size() > max_octets)
      return fail(ErrorKind::kLimit, "the header section has more than {} octets", max_octets);
    header += line;
    const bool is_folded = !at_top && (line[0] == ' ' || line[0] == '\t') && line != "\r\n";
    at_top = false;
    if (!is_folded && mime::field_name_length(line) == 0) return header;
  }
}

}  // namespace

Result<MessageFacts> read_message(std::FILE* in, const MessageInputOptions& options,
                                  const std::function<Result<void>(std::string_view)>& put) {
  MessageFacts facts;
  LineSource lines(in, options.dot_is_text);
  const auto header = read_header(lines, options.max_header_octets);
  if (!header) return std::unexpected(header.error());
  mime::HeaderLimits limits;
  limits.max_octets = options.max_header_octets + 2;
  limits.max_field_octets = limits.max_octets;
  limits.max_fields = limits.max_octets;
  const auto section = mime::HeaderSection::parse(*header, limits);
  if (options.read_recipients) {
    const mime::AddressListLimits list{.max_addresses = options.max_recipients};
    auto found = mime::header_recipients(section, list);
    if (found.truncated)
      return fail(ErrorKind::kLimit, "the header names more than {} recipients",
                  options.max_recipients);
    facts.recipients = std::move(found.mailboxes);
  }
  std::string kept;
  for (const mime::HeaderField& field : section.fields())
    if (!is_dropped_field(field.name)) kept += field.raw;
  facts.has_utf8_header = has_8bit(kept);
  // A message that begins with its body gets the empty line that ends the header section.
  if (section.body_offset() == section.size()) kept += "\r\n";
  kept += std::string_view(*header).substr(section.size());
  facts.has_8bit = has_8bit(kept);
  if (auto done = put(kept); !done) return std::unexpected(done.error());

  std::string line, piece;
  while (true) {
    const auto more = lines.next(line);
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
    facts.has_8bit = facts.has_8bit || has_8bit(line);
    piece += line;
    if (piece.size() < kPiece) continue;
    if (auto done = put(piece); !done) return std::unexpected(done.error());
    piece.clear();
  }
  if (auto done = put(piece); !done) return std::unexpected(done.error());
  return facts;
}

}  // namespace postern::tools
