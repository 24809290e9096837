// Applies what a filter changed in the message: header fields and body.
// `header` has the fields in their order, those that we added ourselves marked as hidden
// (HeaderList::prepend_hidden): an insertion counts them, a change or deletion does not.
// Cannot fail.  Pure; thread-safe.
#pragma once

#include <optional>
#include <string>

#include "core/mail/modification.h"
#include "core/mime/header_list.h"

namespace postern::mime {

// What becomes of the numbers behind a deleted field.
enum class Numbering {
  kPostfix,   // those behind it move up at once
  kSendmail,  // it keeps its number until the last modification of this list is done
};

// The modifications that concern header and body, in order; the others are left alone.  Returns the
// new body where there is one.
std::optional<std::string> apply(const mail::Modifications& modifications, HeaderList& header,
                                 Numbering numbering = Numbering::kPostfix);

}  // namespace postern::mime
