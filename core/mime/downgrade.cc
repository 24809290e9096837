#include "core/mime/downgrade.h"

#include <utility>
#include <vector>

#include "core/base/octets.h"
#include "core/mime/quoted_printable.h"

namespace postern::mime {
namespace {

class Downgrader {
 public:
  Downgrader(std::string_view message, Structure structure)
      : message_(message),
        structure_(std::move(structure)),
        encode_(structure_.parts.size()),
        needs_mime_version_(structure_.parts.size()) {
    out_.fault = structure_.fault;
  }

  Downgraded run() {
    for (std::size_t i = 0; i < structure_.parts.size(); ++i)
      plan(i);
    out_.message.reserve(message_.size() + message_.size() / 4);
    for (std::size_t i = 0; i < structure_.parts.size(); ++i)
      emit(i);
    copy_ignored(message_.size());
    return std::move(out_);
  }

 private:
  std::string_view view(Range range) const { return message_.substr(range.begin, range.size()); }

  // Decides what happens to part `i`.
  void plan(std::size_t i) {
    const Part& part = structure_.parts[i];
    if (has_8bit(view(part.header))) out_.header_has_8bit = true;
    if (part.is_container || !has_8bit(view(part.body))) return;
    const bool is_composite = part.type.is_multipart() || part.type.type == "message";
    if (is_composite) {
      out_.is_seven_bit = false;
      return;
    }
    encode_[i] = true;
    ++out_.encoded_parts;
    std::size_t root = i;  // the message that this leaf belongs to
    while (!is_message_root(root))
      root = static_cast<std::size_t>(structure_.parts[root].parent);
    needs_mime_version_[root] = !structure_.parts[root].has_mime_version;
  }

  bool is_message_root(std::size_t i) const {
    const std::int32_t parent = structure_.parts[i].parent;
    return parent < 0 || structure_.parts[static_cast<std::size_t>(parent)].type.is_message();
  }

  void emit(std::size_t i) {
    const Part& part = structure_.parts[i];
    copy_ignored(part.header.begin);
    emit_header(i);
    if (part.is_container) {
      // What follows the header without an empty line is about to change, and must not become more
      // header by that.
      if (!part.has_empty_line && has_8bit(view(part.body))) out_.message += "\r\n";
      return;
    }
    if (encode_[i]) {
      // An encoded first line might look like a field where the one before did not.
      out_.message += part.has_empty_line ? view({done_, part.body.begin}) : "\r\n";
      emit_body(part);
    } else {
      out_.message += view({done_, part.body.end});
    }
    done_ = part.body.end;
  }

  void emit_header(std::size_t i) {
    const Part& part = structure_.parts[i];
    const bool relabel = encode_[i] || (part.is_container && is_wide(part.encoding));
    const Range old = part.transfer_encoding_field;
    done_ = part.header.end;
    if (!relabel && !needs_mime_version_[i]) {
      out_.message += view(part.header);
      return;
    }
    // The new field takes the old one's place: where there are two, the first counts.
    const bool in_place = relabel && !old.empty();
    out_.message += view({part.header.begin, in_place ? old.begin : part.header.end});
    if (in_place) {
      emit_encoding_field(part);
      out_.message += view({old.end, part.header.end});
    }
    if (!out_.message.empty() && !out_.message.ends_with('\n')) out_.message += "\r\n";
    if (needs_mime_version_[i]) out_.message += "MIME-Version: 1.0\r\n";
    if (encode_[i] && is_message_root(i) && part.content_type_field.empty())
      out_.message += "Content-Type: text/plain; charset=unknown-8bit\r\n";
    if (relabel && !in_place) emit_encoding_field(part);
  }

  void emit_encoding_field(const Part& part) {
    out_.message += "Content-Transfer-Encoding: ";
    out_.message += part.is_container                            ? "7bit"
                    : part.encoding == TransferEncoding::kBase64 ? "base64"
                                                                 : "quoted-printable";
    out_.message += "\r\n";
  }

  static bool is_wide(TransferEncoding encoding) {
    return encoding == TransferEncoding::kEightBit || encoding == TransferEncoding::kBinary;
  }

  void emit_body(const Part& part) {
    const std::string_view body = view(part.body);
    switch (part.encoding) {
      case TransferEncoding::kBase64:
        // Not in base64's alphabet, so decoders skip it; '?' is skipped just so (RFC 2045 s6.8).
        for (const char c : body)
          out_.message += static_cast<unsigned char>(c) < 0x80 ? c : '?';
        break;
      case TransferEncoding::kQuotedPrintable:  // the rest is encoded already
        for (std::size_t at = 0; at < body.size(); ++at) {
          if (static_cast<unsigned char>(body[at]) < 0x80)
            out_.message += body[at];
          else
            append_quoted_printable(out_.message, body.substr(at, 1));
        }
        break;
      default: append_quoted_printable(out_.message, body);
    }
  }

  // Boundaries, and the text before the first and behind the last, which no reader shows.
  void copy_ignored(std::size_t end) {
    for (; done_ < end; ++done_)
      out_.message += static_cast<unsigned char>(message_[done_]) < 0x80 ? message_[done_] : '?';
  }

  std::string_view message_;
  Structure structure_;
  std::vector<bool> encode_;
  std::vector<bool> needs_mime_version_;
  Downgraded out_;
  std::size_t done_ = 0;  // octets of message_ that are dealt with
};

}  // namespace

Downgraded downgrade_to_seven_bit(std::string_view message, const StructureLimits& limits) {
  return Downgrader(message, walk_structure(message, limits)).run();
}

}  // namespace postern::mime
