// Text from outside made fit for a report: remote replies, addresses, envelope ids.  Nothing that
// comes out can end a header field, start a body part or be taken for a boundary line.
// Pure.  RFC 3464 s2.1, RFC 6533 s3, RFC 3461 s4.
#pragma once

#include <string>
#include <string_view>

namespace postern::delivery {

// One line of printable text: every control character, CR, LF and NUL become a space, runs of
// spaces one.  Octets over 127: kept where `utf8` is true and they are valid UTF-8, else '?'.
// Cut at `limit` octets, "..." at the cut.
std::string one_line(std::string_view text, std::size_t limit, bool utf8);

// "Name: value" CRLF, folded at spaces near 78 octets, hard at 990; continuation lines begin with a
// space, so they are neither fields nor boundaries.  `value` must come from one_line.
void append_field(std::string& out, std::string_view name, std::string_view value);

// Paragraph text, wrapped near 76 octets, each line beginning with `indent`.
void append_paragraph(std::string& out, std::string_view text, std::string_view indent);

// "rfc822; a@b" or, for addresses beyond ASCII, "utf-8; ..." raw (`utf8`) or with \x{HEX}
// (RFC 6533 s3, for reports that must stay ASCII).
std::string typed_address(std::string_view address, bool utf8);

// ORCPT as it came, "type;address" (xtext decoded), checked: a type of atom characters.  "" if not.
std::string typed_original(std::string_view orcpt, bool utf8);

// "Tue, 24 Nov 2026 05:20:30 +0000 (UTC)": RFC 5322 s3.3.
std::string rfc5322_date(long long unix_seconds);

}  // namespace postern::delivery
