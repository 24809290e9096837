#include "core/smtp/address.h"

#include <string>
#include <utility>

#include "core/smtp/domain.h"
#include "core/smtp/utf8.h"

namespace postern::smtp {
namespace {

using Fault = AddressFault;

bool is_atext(unsigned char c) {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80)
    return true;
  return std::string_view("!#$%&'*+-/=?^_`{|}~").find(static_cast<char>(c)) !=
         std::string_view::npos;
}

// Walks over the text once; never goes back, so the cost is linear.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }
  unsigned char peek() const { return at_end() ? 0 : static_cast<unsigned char>(text_[at_]); }
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip() { ++at_; }
  std::size_t position() const { return at_; }
  std::string_view since(std::size_t start) const { return text_.substr(start, at_ - start); }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

std::expected<std::string, Fault> quoted_local_part(Cursor& in) {
  std::string out;
  in.skip();  // the opening quote
  while (!in.take('"')) {
    if (in.at_end()) return std::unexpected(Fault::kSyntax);
    in.take('\\');
    const unsigned char c = in.peek();
    // Controls stay out even behind a backslash (RFC 5321 qpairSMTP): a CR in a local part would
    // end a line somewhere.
    if (in.at_end() || c < 0x20 || c == 0x7F) return std::unexpected(Fault::kSyntax);
    out += static_cast<char>(c);
    in.skip();
  }
  return out;
}

std::expected<std::string, Fault> dot_string(Cursor& in) {
  const std::size_t start = in.position();
  do {
    if (!is_atext(in.peek()) || in.at_end()) return std::unexpected(Fault::kSyntax);
    while (!in.at_end() && is_atext(in.peek()))
      in.skip();
  } while (in.take('.'));
  return std::string(in.since(start));
}

// Domain or address literal as far as it goes; validity is checked by check_domain.
std::string_view domain_text(Cursor& in) {
  const std::size_t start = in.position();
  const bool literal = in.take('[');
  while (!in.at_end()) {
    const unsigned char c = in.peek();
    if (literal && c == ']') {
      in.skip();
      break;
    }
    if (c <= 0x20 || c == 0x7F || c == '>' || c == '<' || c == '@' || c == ',' ||
        (!literal && (c == ':' || c == '"' || c == '\\' || c == '(' || c == ';')))
      break;
    in.skip();
  }
  return in.since(start);
}

std::expected<std::string_view, Fault> check_domain(std::string_view text,
                                                    const AddressOptions& options) {
  if (text.starts_with('['))
    return address_of_literal(text) ? std::expected<std::string_view, Fault>(text)
                                    : std::unexpected(Fault::kDomain);
  if (text.ends_with('.') && options.allow_trailing_dot) text.remove_suffix(1);
  if (text.size() > kMaxDomainOctets) return std::unexpected(Fault::kDomainTooLong);
  if (!is_ascii(text) && !is_valid_utf8(text)) return std::unexpected(Fault::kBadUtf8);
  if (!is_ascii(text) && !options.allow_utf8) return std::unexpected(Fault::kUtf8NotAllowed);
  if (!is_valid_domain(text, options.allow_utf8)) return std::unexpected(Fault::kDomain);
  return text;
}

std::expected<mail::Mailbox, Fault> mailbox(Cursor& in, const AddressOptions& options) {
  const std::size_t start = in.position();
  auto local = in.peek() == '"' ? quoted_local_part(in) : dot_string(in);
  if (!local) return std::unexpected(local.error());
  if (in.position() - start > kMaxLocalPartOctets) return std::unexpected(Fault::kLocalPartTooLong);
  if (!in.take('@')) {
    if (!in.at_end() && in.peek() != '>') return std::unexpected(Fault::kSyntax);
    if (!options.allow_bare_local_part &&
        !mail::equals_ignoring_ascii_case(in.since(start), "postmaster"))
      return std::unexpected(Fault::kNoDomain);
    return mail::Mailbox(std::move(*local), "");
  }
  const auto domain = check_domain(domain_text(in), options);
  if (!domain) return std::unexpected(domain.error());
  return mail::Mailbox(std::move(*local), std::string(*domain));
}

// "@one,@two:" before the mailbox.
std::expected<void, Fault> source_route(Cursor& in, const AddressOptions& options) {
  if (in.peek() != '@') return {};
  do {
    if (!in.take('@')) return std::unexpected(Fault::kSyntax);
    if (const auto domain = check_domain(domain_text(in), options); !domain)
      return std::unexpected(domain.error());
  } while (in.take(','));
  if (!in.take(':')) return std::unexpected(Fault::kSyntax);
  return {};
}

std::expected<void, Fault> check_octets(std::string_view text, const AddressOptions& options) {
  if (is_ascii(text)) return {};
  if (!is_valid_utf8(text)) return std::unexpected(Fault::kBadUtf8);
  if (!options.allow_utf8) return std::unexpected(Fault::kUtf8NotAllowed);
  return {};
}

}  // namespace

std::string_view to_string(AddressFault fault) {
  switch (fault) {
    case Fault::kSyntax: return "bad address syntax";
    case Fault::kNoDomain: return "address without domain";
    case Fault::kDomain: return "bad domain or address literal";
    case Fault::kUtf8NotAllowed: return "address needs SMTPUTF8";
    case Fault::kBadUtf8: return "address is not valid UTF-8";
    case Fault::kLocalPartTooLong: return "local part too long";
    case Fault::kDomainTooLong: return "domain too long";
    case Fault::kPathTooLong: return "path too long";
  }
  return "bad address";
}

std::expected<ParsedPath, AddressFault> parse_path(std::string_view text,
                                                   const AddressOptions& options) {
  Cursor in(text);
  if (!in.take('<')) return std::unexpected(Fault::kSyntax);
  ParsedPath out;
  if (in.take('>')) {
    if (!options.allow_null) return std::unexpected(Fault::kSyntax);
    out.consumed = in.position();
    return out;
  }
  if (auto route = source_route(in, options); !route) return std::unexpected(route.error());
  auto box = mailbox(in, options);
  if (!box) return std::unexpected(box.error());
  if (!in.take('>')) return std::unexpected(Fault::kSyntax);
  out.consumed = in.position();
  if (out.consumed > kMaxPathOctets) return std::unexpected(Fault::kPathTooLong);
  if (const auto fine = check_octets(in.since(0), options); !fine)
    return std::unexpected(fine.error());
  out.path = std::move(*box);
  return out;
}

std::expected<mail::Mailbox, AddressFault> parse_mailbox(std::string_view text,
                                                         const AddressOptions& options) {
  if (const auto fine = check_octets(text, options); !fine) return std::unexpected(fine.error());
  Cursor in(text);
  auto box = mailbox(in, options);
  if (!box) return box;
  if (!in.at_end()) return std::unexpected(Fault::kSyntax);
  if (text.size() + 2 > kMaxPathOctets) return std::unexpected(Fault::kPathTooLong);
  return box;
}

}  // namespace postern::smtp
