// MAIL: a transaction begins.
#include "core/server/handlers/handlers.h"
#include "core/server/replies.h"

namespace postern::server {
namespace {

using mail::EnhancedStatus;

bool is_within_rate(Conversation& conversation) {
  const ClientLimitOptions& limits = conversation.options().client_limits;
  if (limits.message_rate == 0 || conversation.standing.is_exempt_from_limits) return true;
  if (conversation.site().resources.clients.count_message(conversation.client.address, limits))
    return true;
  conversation.reject({{450, EnhancedStatus{4, 7, 1},
                        fmt::format("Error: too much mail from {}", conversation.client.address)},
                       {}},
                      RefusalReason::kClientLimit, "MAIL");
  return false;
}

bool check(Conversation& conversation, smtp::Command& command) {
  auto& mail = std::get<smtp::MailCommand>(command);
  const ServerOptions& options = conversation.options();
  if (!is_within_rate(conversation)) return false;
  const std::uint64_t limit = options.limits.message_size;
  if (limit != 0 && mail.size.value_or(0) > limit) {
    conversation.reject({{552, EnhancedStatus{5, 3, 4}, "Message size exceeds fixed limit"}, {}},
                        RefusalReason::kTooBig, "MAIL");
    return false;
  }
  if (auto refusal = conversation.site().resources.sink.admission(mail.size.value_or(0))) {
    conversation.reject(*refusal, RefusalReason::kOverload, "MAIL");
    return false;
  }
  auto transaction = std::make_unique<Transaction>();
  mail::Envelope& envelope = transaction->envelope;
  if (mail.path && !mail.path->has_domain())
    mail.path = mail::Mailbox(mail.path->local_part(), options.identity.myorigin);
  envelope.reverse_path = std::move(mail.path);
  envelope.body = mail.body;
  envelope.smtputf8 = mail.smtputf8;
  envelope.ret = mail.ret;
  envelope.envid = std::move(mail.envid);
  envelope.origin = mail::Origin::kSmtp;
  envelope.listener = options.identity.listener;
  envelope.arrival = conversation.site().resources.clock.wall();
  conversation.transaction = std::move(transaction);
  envelope.client = conversation.client;
  envelope.client.protocol = conversation.protocol();
  return true;
}

Effect proceed(Conversation& conversation, smtp::Command&) {
  conversation.reply_ok(replies::kSenderOk);
  return Effect::kNone;
}

void undo(Conversation& conversation, smtp::Command&) { conversation.end_transaction(); }

}  // namespace

const Handler kMailHandler{check, CheckPoint::kMail, filter::Stage::kMail, proceed, undo};

}  // namespace postern::server
