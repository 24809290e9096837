// One pass over the lines.  A stack holds the open containers; a line that begins with "--" is
// compared with their boundaries from the inside out, since an outer boundary ends all that is
// open inside it (RFC 2046 s5.1.2).  A boundary is looked for before a line is taken for a field,
// as "--a:b" could be either.
#include "core/mime/structure.h"

#include <algorithm>
#include <optional>
#include <string>

#include "core/mail/mailbox.h"
#include "core/mime/header_section.h"

namespace postern::mime {
namespace {

class Walker {
 public:
  Walker(std::string_view message, const StructureLimits& limits)
      : message_(message), limits_(limits) {}

  Structure run() {
    open_part(0, -1, 0, false);
    std::size_t at = 0;
    while (at < message_.size()) {
      const std::size_t next = line_end(at);
      const std::string_view line = message_.substr(at, next - at);
      if (!open_.empty() && line.starts_with("--") && boundary(line, at, next)) {
        at = next;
        continue;
      }
      if (in_header_ && !header_line(line, at, next)) continue;  // the line is the body's
      if (!in_header_ && open_.empty()) break;                   // nothing can begin any more
      at = next;
    }
    if (in_header_) end_header(message_.size(), message_.size());
    close_parts(0, message_.size());
    return std::move(out_);
  }

 private:
  struct Open {
    std::size_t part;
    std::string boundary;  // "": an enclosed message, which ends with what holds it
  };

  std::size_t line_end(std::size_t at) const {
    const std::size_t lf = message_.find('\n', at);
    return lf == std::string_view::npos ? message_.size() : lf + 1;
  }

  void complain(StructureFault fault) {
    if (out_.fault == StructureFault::kNone) out_.fault = fault;
  }

  Part& current() { return out_.parts[current_]; }

  void open_part(std::size_t begin, std::int32_t parent, std::uint32_t depth, bool in_digest) {
    Part part;
    part.parent = parent;
    part.depth = depth;
    part.header = {begin, begin};
    part.body = {begin, message_.size()};
    if (in_digest) {  // RFC 2046 s5.1.5
      part.type.type = "message";
      part.type.subtype = "rfc822";
    }
    current_ = out_.parts.size();
    out_.parts.push_back(std::move(part));
    in_header_ = true;
    field_begin_ = begin;
    has_field_ = false;
  }

  // Containers from `level` on, and the part inside them, end at `end`.
  void close_parts(std::size_t level, std::size_t end) {
    const auto close = [&](Part& part) {
      part.header.end = std::min(part.header.end, end);
      part.body.begin = std::min(part.body.begin, end);
      part.body.end = end;
    };
    if (has_current_) close(current());
    for (std::size_t i = level; i < open_.size(); ++i)
      close(out_.parts[open_[i].part]);
    open_.resize(level);
  }

  // True: `line` was a boundary and has been dealt with.
  bool boundary(std::string_view line, std::size_t at, std::size_t next) {
    for (std::size_t level = open_.size(); level-- > 0;) {
      const std::string& delimiter = open_[level].boundary;
      if (delimiter.empty() || !line.substr(2).starts_with(delimiter)) continue;
      std::string_view rest = line.substr(2 + delimiter.size());
      const bool closes = rest.starts_with("--");
      if (closes) rest.remove_prefix(2);
      if (rest.find_first_not_of(" \t\r\n") != std::string_view::npos) continue;
      enter_boundary(level, at, next, closes);
      return true;
    }
    return false;
  }

  void enter_boundary(std::size_t level, std::size_t at, std::size_t next, bool closes) {
    if (in_header_) end_header(at, at, true);
    // The line end before a boundary belongs to the boundary.
    std::size_t end = at;
    if (end > 0 && message_[end - 1] == '\n') --end;
    if (end > 0 && end < at && message_[end - 1] == '\r') --end;
    const std::size_t container = open_[level].part;
    // Children end here; the container itself only with its last boundary's epilogue.
    std::string kept = open_[level].boundary;
    for (std::size_t i = level + 1; i < open_.size(); ++i)
      finish(out_.parts[open_[i].part], end);
    if (has_current_) finish(current(), end);
    open_.resize(level);
    has_current_ = false;
    in_header_ = false;
    if (closes) return;
    open_.push_back({container, std::move(kept)});
    if (out_.parts.size() >= limits_.max_parts) return complain(StructureFault::kTooManyParts);
    const ContentType& type = out_.parts[container].type;
    const bool in_digest = type.subtype == "digest";
    open_part(next, static_cast<std::int32_t>(container), out_.parts[container].depth + 1,
              in_digest);
    has_current_ = true;
  }

  static void finish(Part& part, std::size_t end) {
    // A part may be empty: then its boundary's line end lies before its first octet.
    part.body.begin = std::min(part.body.begin, std::max(end, part.header.end));
    part.body.end = std::max(end, part.body.begin);
  }

  // False: the header section ended before `line`, which is the body's.
  bool header_line(std::string_view line, std::size_t at, std::size_t next) {
    if (line == "\r\n" || line == "\n") {
      end_header(at, next);
      current_was_separated();
      return true;
    }
    const bool continues = (line.front() == ' ' || line.front() == '\t') && has_field_;
    if (continues) return true;
    if (field_name_length(line) == 0) {
      end_header(at, at);
      return false;
    }
    end_field(at);
    field_begin_ = at;
    has_field_ = true;
    return true;
  }

  void current_was_separated() {
    if (separated_part_) out_.parts[*separated_part_].has_empty_line = true;
  }

  void end_field(std::size_t end) {
    if (!has_field_) return;
    const std::string_view raw = message_.substr(field_begin_, end - field_begin_);
    const std::string_view name = raw.substr(0, field_name_length(raw));
    const std::string_view value = raw.substr(raw.find(':') + 1);
    const auto is = [&](std::string_view wanted) {
      return mail::equals_ignoring_ascii_case(name, wanted);
    };
    Part& part = current();
    if (is("Content-Type") && part.content_type_field.empty()) {
      part.content_type_field = {field_begin_, end};
      const ContentType type = parse_content_type(value);
      if (type.is_valid) part.type = type;
    } else if (is("Content-Transfer-Encoding") && part.transfer_encoding_field.empty()) {
      part.transfer_encoding_field = {field_begin_, end};
      part.encoding = parse_transfer_encoding(value);
    } else if (is("MIME-Version")) {
      part.has_mime_version = true;
    }
    has_field_ = false;
  }

  // The header section of the current part ends at `end`, its body begins at `body`.
  void end_header(std::size_t end, std::size_t body, bool by_boundary = false) {
    end_field(end);
    in_header_ = false;
    separated_part_ = current_;
    Part& part = current();
    part.header.end = end;
    part.body.begin = body;
    if (by_boundary) return;
    const bool fits = part.depth < limits_.max_depth;
    const bool is_plain = part.encoding != TransferEncoding::kQuotedPrintable &&
                          part.encoding != TransferEncoding::kBase64;
    if (part.type.is_multipart()) {
      if (part.type.boundary.empty()) return complain(StructureFault::kNoBoundary);
      if (part.type.boundary.size() > limits_.max_boundary_octets)
        return complain(StructureFault::kBoundaryTooLong);
      if (!fits) return complain(StructureFault::kTooDeep);
      part.is_container = true;
      open_.push_back({current_, part.type.boundary});
      has_current_ = false;
    } else if (part.type.is_message() && is_plain && body < message_.size()) {
      if (!fits) return complain(StructureFault::kTooDeep);
      if (out_.parts.size() >= limits_.max_parts) return complain(StructureFault::kTooManyParts);
      part.is_container = true;
      open_.push_back({current_, ""});
      const auto parent = static_cast<std::int32_t>(current_);
      open_part(body, parent, part.depth + 1, false);
    }
  }

  std::string_view message_;
  const StructureLimits& limits_;
  Structure out_;
  std::vector<Open> open_;
  std::size_t current_ = 0;  // the part whose header or leaf body is being read
  bool has_current_ = true;  // false: between the boundaries of a container
  bool in_header_ = true;
  bool has_field_ = false;
  std::size_t field_begin_ = 0;
  std::optional<std::size_t> separated_part_;
};

}  // namespace

Structure walk_structure(std::string_view message, const StructureLimits& limits) {
  return Walker(message, limits).run();
}

}  // namespace postern::mime
