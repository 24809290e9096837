#include "core/mail/mailbox.h"

#include <algorithm>

#include "core/base/octets.h"

namespace postern::mail {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool is_atext(unsigned char c) {
  if (c >= 0x80) return true;  // RFC 6531 s3.3 lets UTF-8 stand unquoted
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  return std::string_view("!#$%&'*+-/=?^_`{|}~").find(static_cast<char>(c)) !=
         std::string_view::npos;
}

bool is_dot_string(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  char previous = 0;
  for (const char c : text) {
    if (c == '.' ? previous == '.' : !is_atext(static_cast<unsigned char>(c))) return false;
    previous = c;
  }
  return true;
}

}  // namespace

bool Mailbox::is_ascii() const { return !has_8bit(local_part_) && !has_8bit(domain_); }

std::string Mailbox::to_wire() const {
  std::string out;
  out.reserve(local_part_.size() + domain_.size() + 3);
  if (is_dot_string(local_part_)) {
    out = local_part_;
  } else {
    out += '"';
    for (const char c : local_part_) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  if (!domain_.empty()) out.append(1, '@').append(domain_);
  return out;
}

std::string Mailbox::to_lookup_key() const {
  return domain_.empty() ? local_part_ : local_part_ + "@" + domain_;
}

bool Mailbox::operator==(const Mailbox& other) const {
  return local_part_ == other.local_part_ && equals_ignoring_ascii_case(domain_, other.domain_);
}

std::string to_wire(const ReversePath& path) { return path ? path->to_wire() : std::string(); }

std::string to_lower_ascii(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

bool equals_ignoring_ascii_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace postern::mail
