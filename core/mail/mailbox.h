// Mailbox: local part and domain of one address, as values.
// Parsing and its limits are in smtp/address.h; here only what every layer needs: comparison,
// the wire form, the log form.  RFC 5321 s4.1.2, RFC 6531 s3.3.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::mail {

class Mailbox {
 public:
  Mailbox() = default;
  // `local_part`: without quotes and backslashes, any octets but CR, LF, NUL; UTF-8 allowed.
  // `domain`: as it was written (letter case kept, no trailing dot), "[...]" for an address
  // literal, or "" for a bare local part, which only <postmaster> and local submission may have.
  Mailbox(std::string local_part, std::string domain)
      : local_part_(std::move(local_part)), domain_(std::move(domain)) {}

  const std::string& local_part() const { return local_part_; }
  const std::string& domain() const { return domain_; }
  bool has_domain() const { return !domain_.empty(); }
  bool is_address_literal() const { return !domain_.empty() && domain_.front() == '['; }
  bool is_ascii() const;

  // local@domain, the local part quoted where RFC 5321 wants it.  No angle brackets.
  std::string to_wire() const;
  // local@domain unquoted: the key for table lookups, as Postfix makes it.
  std::string to_lookup_key() const;

  // Local part octet for octet, domain without regard to ASCII case (RFC 5321 s2.4).
  bool operator==(const Mailbox& other) const;

 private:
  std::string local_part_;
  std::string domain_;
};

// nullopt is the null reverse-path <>.
using ReversePath = std::optional<Mailbox>;

// What stands between < and > in MAIL and in logs.
std::string to_wire(const ReversePath& path);

// ASCII only: tables, domains and verbs fold case this way, UTF-8 octets stay.
std::string to_lower_ascii(std::string_view text);
bool equals_ignoring_ascii_case(std::string_view a, std::string_view b);

}  // namespace postern::mail
