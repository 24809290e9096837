#include "core/server/access_check.h"

namespace postern::server {
namespace {

// False: refused, and `out` says how.
bool passes(const ServerSite& site, const routing::RestrictionList& list, RefusalReason reason,
            const routing::RestrictionContext& context, AccessAnswer& out) {
  if (list.empty()) return true;
  routing::RestrictionOutcome outcome = list.evaluate(context, *site.directory);
  for (std::string& warning : outcome.warnings)
    out.warnings.push_back(std::move(warning));
  if (outcome.verdict != routing::Verdict::kReject) return true;
  out.rejection = std::move(outcome.rejection);
  out.reason = reason;
  return false;
}

bool is_listed(const ServerSite& site, const mail::Mailbox& recipient, AccessAnswer& out) {
  auto answer = site.directory->unlisted(recipient);
  if (answer && !*answer) return true;
  if (answer) {
    out.rejection = std::move(**answer);
  } else {
    out.rejection =
        mail::Rejection{{451, mail::EnhancedStatus{4, 3, 0},
                         fmt::format("<{}>: Temporary lookup failure", recipient.to_wire())},
                        answer.error().describe()};
  }
  out.reason = RefusalReason::kRecipientAccess;
  return false;
}

}  // namespace

bool asks_anything(const ServerSite& site, CheckPoint point) {
  const Restrictions& lists = site.restrictions;
  const bool delay = site.options.strictness.delay_reject;
  switch (point) {
    case CheckPoint::kNone: return false;
    case CheckPoint::kConnect: return !delay && !lists.client.empty();
    case CheckPoint::kHello: return !delay && !lists.helo.empty();
    case CheckPoint::kMail: return !delay && !lists.sender.empty();
    case CheckPoint::kRecipient: return true;
    case CheckPoint::kData: return !lists.data.empty();
    case CheckPoint::kEndOfData: return !lists.end_of_data.empty();
  }
  return false;
}

AccessAnswer check_access(const ServerSite& site, CheckPoint point,
                          const routing::RestrictionContext& context) {
  const Restrictions& lists = site.restrictions;
  const StrictnessOptions& strictness = site.options.strictness;
  AccessAnswer out;
  const auto ask = [&](const routing::RestrictionList& list, RefusalReason reason) {
    return passes(site, list, reason, context, out);
  };
  switch (point) {
    case CheckPoint::kNone: break;
    case CheckPoint::kConnect: ask(lists.client, RefusalReason::kClientAccess); break;
    case CheckPoint::kHello: ask(lists.helo, RefusalReason::kHeloAccess); break;
    case CheckPoint::kMail: ask(lists.sender, RefusalReason::kSenderAccess); break;
    case CheckPoint::kRecipient: {
      if (strictness.delay_reject && (!ask(lists.client, RefusalReason::kClientAccess) ||
                                      !ask(lists.helo, RefusalReason::kHeloAccess) ||
                                      !ask(lists.sender, RefusalReason::kSenderAccess)))
        break;
      const bool relay_first = strictness.relay_before_recipient;
      const auto& first = relay_first ? lists.relay : lists.recipient;
      const auto& second = relay_first ? lists.recipient : lists.relay;
      if (!ask(first, RefusalReason::kRecipientAccess) ||
          !ask(second, RefusalReason::kRecipientAccess))
        break;
      // Also for those who are permitted: an unknown recipient is better refused than bounced.
      if (strictness.reject_unlisted_recipient && context.recipient != nullptr)
        is_listed(site, *context.recipient, out);
      break;
    }
    case CheckPoint::kData: ask(lists.data, RefusalReason::kDataAccess); break;
    case CheckPoint::kEndOfData: ask(lists.end_of_data, RefusalReason::kDataAccess); break;
  }
  return out;
}

OwnedContext::OwnedContext(const routing::RestrictionContext& context)
    : address_(context.client_address),
      name_(context.client_name),
      helo_(context.helo),
      is_authenticated_(context.is_sasl_authenticated),
      has_pipelined_(context.has_pipelined_early) {
  if (context.sender != nullptr) sender_ = *context.sender;
  if (context.recipient != nullptr) recipient_ = *context.recipient;
}

routing::RestrictionContext OwnedContext::view() const {
  return {address_,
          name_,
          is_authenticated_,
          has_pipelined_,
          helo_,
          sender_ ? &*sender_ : nullptr,
          recipient_ ? &*recipient_ : nullptr};
}

}  // namespace postern::server
