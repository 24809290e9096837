// Virtual aliases applied to a whole envelope, before the message is committed: what the spool
// keeps is who really gets it.  Blocks as long as the tables do.  Postfix: cleanup(8), virtual(5).
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.h"
#include "core/mail/envelope.h"
#include "core/routing/directory.h"

namespace postern::engine {

struct ExpandedRecipients {
  std::vector<mail::Recipient> recipients;
  // Indexes into the recipients as they were: "expanded" must be reported now (RFC 3461
  // s5.2.7.2).
  std::vector<std::uint32_t> success_due;
};

// Most recipients of one message after expansion; each address alone is bounded by
// virtual_alias_expansion_limit.
inline constexpr std::size_t kMaxExpandedRecipients = 50'000;

// kLimit, kInvalid: the expansion is too large, or a table's result is no address: the mail waits
// for the operator.  Other errors: a table does not answer.
Result<ExpandedRecipients> expand_recipients(const std::vector<mail::Recipient>& recipients,
                                             const routing::Directory& directory);

}  // namespace postern::engine
