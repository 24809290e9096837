// Access restriction lists: which words exist, which of them Postern enforces, and the check that
// a list asks for nothing that would silently not happen.
// Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/diagnostics.h"
#include "core/config/value.h"

namespace postern::config {

// Splits a list into words and their arguments.  Old names become today's
// (reject_unknown_client -> reject_unknown_client_hostname).  A bare type:name becomes
// {"check_access", "type:name"}; the list it stands in says which lookup that is.
// Error kInvalid: a word that needs an argument has none.
Result<RestrictionList> parse_restrictions(std::string_view text);

// Definition of a user's restriction class, expanded; nullopt: not one.
using ClassLookup = std::function<std::optional<std::string>(std::string_view name)>;

// `list` with classes replaced by their content, to any depth that ends.
// Error kInvalid: a class that holds itself, or content that does not parse.
Result<RestrictionList> flatten_classes(const RestrictionList& list, const ClassLookup& classes);

// Every word of Postfix's, sorted; and whether the engine evaluates it.
std::vector<std::string_view> restriction_words();
bool is_enforced(std::string_view name);

// Reports to `diagnostics` each word that can't be enforced: an error when ignoring it would let
// more mail in, a warning when it would only let less in.
void check_restrictions(std::string_view parameter, const RestrictionList& list,
                        const SourcePlace& place, Diagnostics& diagnostics);

}  // namespace postern::config
