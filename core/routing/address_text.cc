#include "core/routing/address_text.h"

#include "core/maps/ip_network.h"
#include "core/maps/text.h"

namespace postern::routing {
namespace {

bool has_control(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return true;
  return false;
}

bool is_valid_literal(std::string_view inside) {
  constexpr std::string_view kV6 = "IPv6:";
  const bool is_v6 =
      inside.size() > kV6.size() && maps::equals_ignoring_case(inside.substr(0, kV6.size()), kV6);
  if (is_v6) inside.remove_prefix(kV6.size());
  const auto address = maps::IpAddress::parse(inside);
  return address && address->is_v6 == is_v6;
}

}  // namespace

Result<mail::Mailbox> parse_table_address(std::string_view text) {
  text = maps::trim(text);
  if (text.size() > 2 && text.front() == '<' && text.back() == '>')
    text = text.substr(1, text.size() - 2);
  if (text.empty() || has_control(text))
    return fail(ErrorKind::kInvalid, "\"{:.100}\" is not an address", text);
  std::string local_part;
  bool in_quotes = false;
  std::size_t at_sign = std::string_view::npos, local_size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      local_part.push_back(text[++i]);
    } else if (text[i] == '"') {
      in_quotes = !in_quotes;
    } else {
      if (text[i] == '@' && !in_quotes) {
        at_sign = i;
        local_size = local_part.size();
      }
      local_part.push_back(text[i]);
    }
  }
  if (in_quotes) return fail(ErrorKind::kInvalid, "\"{:.100}\": a quote is not closed", text);
  if (at_sign == std::string_view::npos) return mail::Mailbox(std::move(local_part), {});
  local_part.resize(local_size);
  std::string_view domain = text.substr(at_sign + 1);
  if (domain.size() > 1 && domain.back() == '.') domain.remove_suffix(1);
  if (!is_valid_mail_domain(domain))
    return fail(ErrorKind::kInvalid, "\"{:.100}\": \"{:.100}\" is not a domain", text, domain);
  return mail::Mailbox(std::move(local_part), std::string(domain));
}

std::string quoted_local_part(const mail::Mailbox& mailbox) {
  return mail::Mailbox(mailbox.local_part(), {}).to_wire();
}

bool is_valid_mail_domain(std::string_view domain) {
  if (domain.empty() || domain.size() > 255) return false;
  if (domain.front() == '[')
    return domain.back() == ']' && is_valid_literal(domain.substr(1, domain.size() - 2));
  std::size_t label = 0;
  bool only_digits_and_dots = true;
  for (std::size_t i = 0; i < domain.size(); ++i) {
    const char c = domain[i];
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
      continue;
    }
    const bool is_digit = c >= '0' && c <= '9';
    const char lower = maps::to_lower(c);
    const bool is_letter = (lower >= 'a' && lower <= 'z') || c == '_' || (c & 0x80) != 0;
    const bool at_edge = label == 0 || i + 1 == domain.size() || domain[i + 1] == '.';
    if (!is_digit && !is_letter && (c != '-' || at_edge)) return false;
    if (!is_digit) only_digits_and_dots = false;
    if (++label > 63) return false;
  }
  // "192.0.2.1" without brackets is no domain, and would be taken for an address by a resolver.
  return label > 0 && !only_digits_and_dots;
}

}  // namespace postern::routing
