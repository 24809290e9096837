#include "core/mail/envelope_changes.h"

#include <algorithm>

namespace postern::mail {
namespace {

void change(const ChangeReversePath& wanted, Envelope& envelope) {
  envelope.reverse_path = wanted.path;
  if (wanted.ret) envelope.ret = *wanted.ret;
  if (wanted.envid) envelope.envid = *wanted.envid;
}

void add(const AddRecipient& wanted, Envelope& envelope) {
  const bool is_there = std::ranges::any_of(envelope.recipients, [&](const Recipient& recipient) {
    return recipient.forward_path == wanted.recipient.forward_path;
  });
  if (!is_there) envelope.recipients.push_back(wanted.recipient);
}

void remove(const DeleteRecipient& wanted, Envelope& envelope) {
  const std::string as_given = wanted.forward_path.to_lookup_key();
  std::erase_if(envelope.recipients, [&](const Recipient& recipient) {
    return recipient.forward_path == wanted.forward_path ||
           recipient.original_recipient == as_given;
  });
}

}  // namespace

void apply(const Modifications& modifications, Envelope& envelope) {
  for (const Modification& modification : modifications) {
    if (const auto* reverse_path = std::get_if<ChangeReversePath>(&modification))
      change(*reverse_path, envelope);
    else if (const auto* added = std::get_if<AddRecipient>(&modification))
      add(*added, envelope);
    else if (const auto* deleted = std::get_if<DeleteRecipient>(&modification))
      remove(*deleted, envelope);
  }
}

std::optional<std::string> quarantine_reason(const Modifications& modifications) {
  std::optional<std::string> out;
  for (const Modification& modification : modifications)
    if (const auto* quarantine = std::get_if<Quarantine>(&modification)) out = quarantine->reason;
  return out;
}

}  // namespace postern::mail
