#include "core/engine/expand_recipients.h"

#include <unordered_set>

namespace postern::engine {
namespace {

// The same address twice is one delivery; under another original address it is another one, for
// X-Original-To differs (Postfix: enable_original_recipient).
class Duplicates {
 public:
  bool is_new(const mail::Recipient& recipient) {
    return seen_
        .insert(recipient.forward_path.local_part() + '\0' +
                mail::to_lower_ascii(recipient.forward_path.domain()) + '\0' +
                recipient.original_recipient)
        .second;
  }

 private:
  std::unordered_set<std::string> seen_;
};

}  // namespace

Result<ExpandedRecipients> expand_recipients(const std::vector<mail::Recipient>& recipients,
                                             const routing::Directory& directory) {
  ExpandedRecipients out;
  const bool has_aliases = !directory.options().virtual_alias_maps.empty();
  if (!has_aliases && recipients.size() <= 1) {
    out.recipients = recipients;
    return out;
  }
  Duplicates duplicates;
  for (std::uint32_t i = 0; i < recipients.size(); ++i) {
    routing::Directory::Expansion expansion;
    if (has_aliases) {
      auto expanded = directory.expand(recipients[i]);
      if (!expanded) return std::unexpected(expanded.error());
      expansion = std::move(*expanded);
    } else {
      expansion.recipients.push_back(recipients[i]);
    }
    if (expansion.success_report_due) out.success_due.push_back(i);
    for (mail::Recipient& each : expansion.recipients)
      if (duplicates.is_new(each)) out.recipients.push_back(std::move(each));
    if (out.recipients.size() > kMaxExpandedRecipients)
      return fail(ErrorKind::kLimit, "virtual_alias_maps: one message gets more than {} recipients",
                  kMaxExpandedRecipients);
  }
  return out;
}

}  // namespace postern::engine
