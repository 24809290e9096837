// Applies what a filter changed in the envelope: reverse-path and recipients.
// Recipients as Postfix takes them: one that is there already is not added a second time, and a
// deletion takes every recipient of that address, by the address as the client gave it or as it
// was rewritten.  Cannot fail.  Pure; thread-safe.
#pragma once

#include <optional>
#include <string>

#include "core/mail/modification.h"

namespace postern::mail {

// The modifications that concern the envelope, in order; the others are left alone.
void apply(const Modifications& modifications, Envelope& envelope);

// The reason of the last Quarantine among them; nullopt: there is none.
std::optional<std::string> quarantine_reason(const Modifications& modifications);

}  // namespace postern::mail
