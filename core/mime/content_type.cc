#include "core/mime/content_type.h"

#include "core/mail/mailbox.h"

namespace postern::mime {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Words, quoted strings and single special characters; comments and white space between them are
// skipped.  Nesting is counted, not recursed into.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : text_(text) {}

  // False at the end.  `special`: the token is one of "/;=" or another tspecial.
  bool next(std::string& token, bool& special) {
    skip_blank();
    token.clear();
    special = false;
    if (text_.empty()) return false;
    if (text_.front() == '"') return quoted(token);
    if (is_special(text_.front())) {
      special = true;
      token = text_.front();
      text_.remove_prefix(1);
      return true;
    }
    while (!text_.empty() && !is_special(text_.front()) && !is_blank(text_.front()) &&
           text_.front() != '"') {
      token += text_.front();
      text_.remove_prefix(1);
    }
    return true;
  }

 private:
  static bool is_special(char c) {
    return std::string_view("()<>@,;:\\/[]?=").find(c) != std::string_view::npos;
  }

  bool quoted(std::string& token) {
    text_.remove_prefix(1);
    while (!text_.empty() && text_.front() != '"') {
      if (text_.front() == '\\' && text_.size() > 1) text_.remove_prefix(1);
      if (text_.front() != '\r' && text_.front() != '\n') token += text_.front();
      text_.remove_prefix(1);
    }
    if (!text_.empty()) text_.remove_prefix(1);
    return true;
  }

  void skip_blank() {
    std::size_t depth = 0;
    while (!text_.empty()) {
      const char c = text_.front();
      if (c == '\\' && depth > 0 && text_.size() > 1)
        text_.remove_prefix(1);
      else if (c == '(')
        ++depth;
      else if (c == ')' && depth > 0)
        --depth;
      else if (depth == 0 && !is_blank(c))
        return;
      text_.remove_prefix(1);
    }
  }

  std::string_view text_;
};

}  // namespace

ContentType parse_content_type(std::string_view value) {
  ContentType out;
  Tokens tokens(value);
  std::string type;
  std::string slash;
  std::string subtype;
  bool special = false;
  if (!tokens.next(type, special) || special || !tokens.next(slash, special) || slash != "/" ||
      !special || !tokens.next(subtype, special) || special) {
    out.is_valid = false;
    return out;
  }
  out.type = mail::to_lower_ascii(type);
  out.subtype = mail::to_lower_ascii(subtype);
  std::string name;
  std::string token;
  while (tokens.next(token, special)) {
    if (!special) {
      name = token;
    } else if (token == "=" && mail::equals_ignoring_ascii_case(name, "boundary")) {
      // The first boundary counts: a second one would give two readings of one message.
      if (tokens.next(token, special) && !special && out.boundary.empty()) out.boundary = token;
      name.clear();
    }
  }
  // RFC 2046 s5.1.1: a boundary does not end with white space.
  while (!out.boundary.empty() && is_blank(out.boundary.back()))
    out.boundary.pop_back();
  return out;
}

TransferEncoding parse_transfer_encoding(std::string_view value) {
  std::string token;
  bool special = false;
  Tokens tokens(value);
  if (!tokens.next(token, special) || special) return TransferEncoding::kOther;
  const auto is = [&](std::string_view name) {
    return mail::equals_ignoring_ascii_case(token, name);
  };
  if (is("7bit")) return TransferEncoding::kSevenBit;
  if (is("8bit")) return TransferEncoding::kEightBit;
  if (is("binary")) return TransferEncoding::kBinary;
  if (is("quoted-printable")) return TransferEncoding::kQuotedPrintable;
  if (is("base64")) return TransferEncoding::kBase64;
  return TransferEncoding::kOther;
}

}  // namespace postern::mime
