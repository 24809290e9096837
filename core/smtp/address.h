// Mailboxes and paths of the SMTP envelope, from text to mail::Mailbox.
// Not here: addresses of message headers, which allow comments and names (mime/address_list.h).
// RFC 5321 s4.1.2 and s4.5.3.1, RFC 6531 s3.3.  Pure; thread-safe.
#pragma once

#include <cstddef>
#include <expected>
#include <string_view>

#include "core/mail/mailbox.h"

namespace postern::smtp {

constexpr std::size_t kMaxLocalPartOctets = 64;  // as written, with quotes
constexpr std::size_t kMaxPathOctets = 256;      // with the angle brackets and a source route

enum class AddressFault {
  kSyntax,          // not a Path or Mailbox at all
  kNoDomain,        // a bare local part other than postmaster
  kDomain,          // what follows @ is no domain and no address literal
  kUtf8NotAllowed,  // octets above 127 where SMTPUTF8 is not in use
  kBadUtf8,         // octets above 127 that are not UTF-8
  kLocalPartTooLong,
  kDomainTooLong,
  kPathTooLong,
};
// For replies and logs: "bad domain", "path too long" ...
std::string_view to_string(AddressFault fault);
constexpr bool is_length_fault(AddressFault fault) {
  return fault >= AddressFault::kLocalPartTooLong;
}

struct AddressOptions {
  bool allow_utf8 = false;
  bool allow_null = false;             // <>: reverse-paths only
  bool allow_bare_local_part = false;  // sendmail(1) input; <postmaster> is always allowed
  // "user@example.com." names the same mailbox as without the dot, as in Postfix; false: kDomain.
  bool allow_trailing_dot = true;
};

// A parsed <path>.  `consumed`: octets of the input from < up to and with >.
struct ParsedPath {
  mail::ReversePath path;  // nullopt: <>
  std::size_t consumed = 0;
};

// `text` begins with <.  A source route ("@a,@b:") is checked and stripped (RFC 5321 appendix C).
std::expected<ParsedPath, AddressFault> parse_path(std::string_view text,
                                                   const AddressOptions& options);

// local@domain without brackets, all of `text`.
std::expected<mail::Mailbox, AddressFault> parse_mailbox(std::string_view text,
                                                         const AddressOptions& options = {});

}  // namespace postern::smtp
