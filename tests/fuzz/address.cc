// Mailboxes and paths: what parses prints as something that parses as the same; limits hold; and
// the lists of header fields never give an address the envelope could not write.
#include "core/smtp/address.h"

#include "core/mime/address_list.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  fuzz::Input input(data, size);
  const std::uint8_t bits = input.octet();
  smtp::AddressOptions options;
  options.allow_utf8 = (bits & 1) != 0;
  options.allow_null = (bits & 2) != 0;
  options.allow_bare_local_part = (bits & 4) != 0;
  options.allow_trailing_dot = (bits & 8) == 0;
  const std::string text(input.rest());
  if (const auto mailbox = smtp::parse_mailbox(text, options)) {
    const std::string wire = mailbox->to_wire();
    POSTERN_INVARIANT(wire.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    POSTERN_INVARIANT(options.allow_utf8 || mailbox->is_ascii());
    const auto again = smtp::parse_mailbox(wire, options);
    POSTERN_INVARIANT(again.has_value());
    POSTERN_INVARIANT(*again == *mailbox);
    POSTERN_INVARIANT(again->to_wire() == wire);
    // The same inside a path, and nothing behind it is taken along.
    const auto path = smtp::parse_path("<" + wire + "> X", options);
    POSTERN_INVARIANT(path || smtp::is_length_fault(path.error()));
    if (path) {
      POSTERN_INVARIANT(path->consumed == wire.size() + 2);
      POSTERN_INVARIANT(path->path == *mailbox);
    }
  }
  if (const auto path = smtp::parse_path(text, options)) {
    POSTERN_INVARIANT(path->consumed >= 2 && path->consumed <= text.size());
    POSTERN_INVARIANT(text[path->consumed - 1] == '>');
    POSTERN_INVARIANT(path->consumed <= smtp::kMaxPathOctets);
    POSTERN_INVARIANT(path->path || options.allow_null);
  }
  constexpr std::size_t kMost = 50;
  const mime::AddressList list = mime::parse_address_list(text, {.max_addresses = kMost});
  POSTERN_INVARIANT(list.mailboxes.size() <= kMost);
  return 0;
}
