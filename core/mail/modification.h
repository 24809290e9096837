// Modification: one change that a filter asks for, whatever protocol it spoke.  Everything in it is
// checked when it is made (milter/modification_parser.h), so that applying a list of them cannot
// fail half-way: all of one filter's modifications take effect, or none.
// Not here: applying them (mail/envelope_changes.h, mime/message_changes.h).
// Plain values.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/mail/envelope.h"

namespace postern::mail {

// Of the header modifications, `value` is everything behind the colon: it begins with the space
// that most fields have there, its folds are CRLF and white space, and no CRLF ends it.

// Behind all other fields.
struct AddHeader {
  std::string name;
  std::string value;
  bool operator==(const AddHeader&) const = default;
};

// `index` counts all fields, those that we added ourselves too: 0 is above everything, a number
// beyond the last field is behind everything.
struct InsertHeader {
  std::size_t index = 0;
  std::string name;
  std::string value;
  bool operator==(const InsertHeader&) const = default;
};

// `nth` counts the fields of that name, 1 the first, as the filter was shown them: fields that we
// added ourselves do not count.  Where there is no such field it is added.
struct ChangeHeader {
  std::size_t nth = 1;
  std::string name;
  std::string value;
  bool operator==(const ChangeHeader&) const = default;
};

// Counts as ChangeHeader; a field that is not there is no error.
struct DeleteHeader {
  std::size_t nth = 1;
  std::string name;
  bool operator==(const DeleteHeader&) const = default;
};

// Canonical: CRLF line ends, the last line too.
struct ReplaceBody {
  std::string octets;
  bool operator==(const ReplaceBody&) const = default;
};

// What is absent stays as it was.  RFC 3461 s4.3, s4.4.
struct ChangeReversePath {
  ReversePath path;
  std::optional<DsnReturn> ret;
  std::optional<std::string> envid;
  bool operator==(const ChangeReversePath&) const = default;
};

struct AddRecipient {
  Recipient recipient;
  bool operator==(const AddRecipient&) const = default;
};

struct DeleteRecipient {
  Mailbox forward_path;
  bool operator==(const DeleteRecipient&) const = default;
};

struct Quarantine {
  std::string reason;
  bool operator==(const Quarantine&) const = default;
};

using Modification = std::variant<AddHeader, InsertHeader, ChangeHeader, DeleteHeader, ReplaceBody,
                                  ChangeReversePath, AddRecipient, DeleteRecipient, Quarantine>;
// In the order in which the filter asked.
using Modifications = std::vector<Modification>;

}  // namespace postern::mail
