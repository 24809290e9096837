// From what a filter asked for, as text, to a checked mail::Modification: addresses and ESMTP
// parameters are parsed, header names and values validated, so that applying it cannot fail.
// Replaced bodies, which come in pieces, are not here (modification_collector.h).
// RFC 5321 s4.1.2, RFC 3461 s4, RFC 5322 s2.2.  Pure; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/mail/modification.h"
#include "core/milter/reply.h"

namespace postern::milter {

struct ParsedModification {
  mail::Modification modification;
  // ESMTP parameters that have no effect, for the log; the first 16.  Of a reverse-path RET and
  // ENVID count, of a recipient NOTIFY and ORCPT, as in Postfix; a filter is not told of the
  // others.
  std::vector<std::string> ignored_parameters;
};

struct ModificationOptions {
  // Negotiated HDR_LEADSPC: header values come with their own space.
  bool keeps_leading_space = false;
};

// `request` is no ReplaceBodyChunk.  Error: kInvalid, naming what the filter sent.
Result<ParsedModification> parse_modification(const Modify& request,
                                              const ModificationOptions& options);

}  // namespace postern::milter
