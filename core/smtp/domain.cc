#include "core/smtp/domain.h"

#include <arpa/inet.h>
#include <idn2.h>

#include <array>
#include <memory>

#include "core/mail/mailbox.h"
#include "core/smtp/utf8.h"

namespace postern::smtp {
namespace {

bool is_let_dig(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

bool is_valid_label(std::string_view label) {
  if (label.empty() || label.size() > kMaxLabelOctets) return false;
  for (std::size_t i = 0; i < label.size(); ++i) {
    const auto c = static_cast<unsigned char>(label[i]);
    const bool inner = i > 0 && i + 1 < label.size();
    if (!is_let_dig(c) && c != '_' && !(c == '-' && inner)) return false;
  }
  return true;
}

bool are_valid_labels(std::string_view text) {
  while (true) {
    const std::size_t dot = text.find('.');
    if (!is_valid_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

struct IdnFree {
  void operator()(char* text) const { idn2_free(text); }
};

std::optional<std::string> to_a_labels(std::string_view text) {
  char* raw = nullptr;
  const int status =
      idn2_to_ascii_8z(std::string(text).c_str(), &raw, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, IdnFree> held(raw);
  if (status != IDN2_OK || raw == nullptr) return std::nullopt;
  return std::string(raw);
}

std::optional<std::string> canonical_ipv6(std::string_view text) {
  // inet_pton takes no zone and no prefix length; the size check keeps the copy small.
  if (text.size() < 2 || text.size() > INET6_ADDRSTRLEN) return std::nullopt;
  in6_addr address{};
  if (inet_pton(AF_INET6, std::string(text).c_str(), &address) != 1) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> printed{};
  inet_ntop(AF_INET6, &address, printed.data(), printed.size());
  return std::string(printed.data());
}

}  // namespace

bool is_ipv4_address(std::string_view text) {
  int octets = 0;
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view digits = text.substr(0, dot);
    // A leading zero is octal to some readers and decimal to others: nobody gets it.
    if (digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits[0] == '0'))
      return false;
    int value = 0;
    for (const char c : digits) {
      if (c < '0' || c > '9') return false;
      value = value * 10 + (c - '0');
    }
    if (value > 255) return false;
    ++octets;
    if (dot == std::string_view::npos) return octets == 4;
    text.remove_prefix(dot + 1);
  }
}

bool is_ipv6_address(std::string_view text) {
  return text.find('\0') == std::string_view::npos && canonical_ipv6(text).has_value();
}

bool is_valid_domain(std::string_view text, bool allow_utf8) {
  if (text.empty() || text.size() > kMaxDomainOctets) return false;
  if (is_ascii(text)) return are_valid_labels(text) && !is_ipv4_address(text);
  if (!allow_utf8 || !is_valid_utf8(text)) return false;
  const auto ascii = to_a_labels(text);
  return ascii && ascii->size() <= kMaxDomainOctets && are_valid_labels(*ascii) &&
         !is_ipv4_address(*ascii);
}

std::optional<std::string> address_of_literal(std::string_view literal) {
  if (literal.size() < 3 || literal.front() != '[' || literal.back() != ']') return std::nullopt;
  std::string_view inside = literal.substr(1, literal.size() - 2);
  if (inside.find('\0') != std::string_view::npos) return std::nullopt;
  constexpr std::string_view kTag = "IPv6:";
  if (mail::equals_ignoring_ascii_case(inside.substr(0, kTag.size()), kTag))
    return canonical_ipv6(inside.substr(kTag.size()));
  if (is_ipv4_address(inside)) return std::string(inside);
  return std::nullopt;
}

std::string literal_of_address(std::string_view address) {
  const bool v6 = address.find(':') != std::string_view::npos;
  return (v6 ? "[IPv6:" : "[") + std::string(address) + "]";
}

Result<std::string> normalize_domain(std::string_view text) {
  if (text.starts_with('[')) {
    const auto address = address_of_literal(text);
    if (!address) return fail(ErrorKind::kInvalid, "{:?}: not an address literal", text);
    return literal_of_address(*address);
  }
  if (text.ends_with('.')) text.remove_suffix(1);
  if (!is_valid_domain(text, true)) return fail(ErrorKind::kInvalid, "{:?}: not a domain", text);
  if (is_ascii(text)) return mail::to_lower_ascii(text);
  return mail::to_lower_ascii(*to_a_labels(text));
}

}  // namespace postern::smtp
