// RCPT: one recipient more.  The first that is accepted gives the message its queue id.
#include "core/server/handlers/handlers.h"
#include "core/server/replies.h"
#include "core/server/session_log.h"

namespace postern::server {
namespace {

using mail::EnhancedStatus;

// RFC 5321 s4.5.3.1.10: 452, and what was accepted stays.  A client that goes on and on is counted
// as one that errs.
void refuse_surplus(Conversation& conversation) {
  const mail::Reply reply{452, EnhancedStatus{4, 5, 3}, "Error: too many recipients"};
  if (++conversation.overshoot > conversation.options().limits.recipient_overshoot) {
    conversation.refuse(reply, RefusalReason::kTooManyRecipients);
  } else {
    conversation.refuse_without_error(reply, RefusalReason::kTooManyRecipients);
  }
}

bool is_within_rate(Conversation& conversation) {
  const ClientLimitOptions& limits = conversation.options().client_limits;
  if (limits.recipient_rate == 0 || conversation.standing.is_exempt_from_limits) return true;
  if (conversation.site().resources.clients.count_recipient(conversation.client.address, limits))
    return true;
  conversation.reject(
      {{450, EnhancedStatus{4, 7, 1},
        fmt::format("Error: too many recipients from {}", conversation.client.address)},
       {}},
      RefusalReason::kClientLimit, "RCPT");
  return false;
}

bool check(Conversation& conversation, smtp::Command& command) {
  auto& rcpt = std::get<smtp::RcptCommand>(command);
  Transaction& transaction = *conversation.transaction;
  if (transaction.envelope.recipients.size() >= conversation.options().limits.recipients) {
    refuse_surplus(conversation);
    return false;
  }
  mail::Recipient& candidate = conversation.candidate;
  candidate.original_recipient = std::move(rcpt.as_given);
  if (!rcpt.path.has_domain())
    rcpt.path = mail::Mailbox(rcpt.path.local_part(), conversation.options().identity.myorigin);
  candidate.forward_path = std::move(rcpt.path);
  candidate.notify = rcpt.notify;
  candidate.orcpt = std::move(rcpt.orcpt);
  return is_within_rate(conversation);
}

Effect proceed(Conversation& conversation, smtp::Command&) {
  Transaction& transaction = *conversation.transaction;
  if (!transaction.message) {
    transaction.message = conversation.site().resources.sink.begin();
    transaction.id_text = transaction.message->id().to_string();
    log_client(conversation);
  }
  transaction.envelope.recipients.push_back(std::move(conversation.candidate));
  conversation.reply_ok(replies::kRecipientOk);
  return Effect::kNone;
}

}  // namespace

const Handler kRcptHandler{check, CheckPoint::kRecipient, filter::Stage::kRecipient, proceed};

}  // namespace postern::server
