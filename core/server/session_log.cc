#include "core/server/session_log.h"

#include "core/base/log.h"
#include "core/server/conversation.h"

namespace postern::server {
namespace {

const std::string& tag(const Conversation& conversation) {
  return conversation.options().identity.service;
}

constexpr std::size_t kMaxShown = 100;

std::string whence(const Conversation& conversation) {
  std::string out;
  const Transaction* const transaction = conversation.transaction.get();
  if (transaction != nullptr)
    out += fmt::format(" from=<{}>", mail::to_wire(transaction->envelope.reverse_path));
  if (!conversation.candidate.original_recipient.empty())
    out += fmt::format(" to=<{}>", conversation.candidate.original_recipient);
  out += fmt::format(" proto={}", conversation.protocol());
  if (!conversation.client.helo.empty()) out += fmt::format(" helo=<{}>", conversation.client.helo);
  if (!conversation.client.sasl_username.empty())
    out += fmt::format(" sasl_username=<{}>", conversation.client.sasl_username);
  return out;
}

}  // namespace

void log_connect(const Conversation& conversation) {
  log::info(tag(conversation), "connect from {}", conversation.peer());
}

void log_disconnect(const Conversation& conversation) {
  log::info(tag(conversation), "disconnect from {}{}", conversation.peer(),
            conversation.tally.to_string());
}

void log_client(const Conversation& conversation) {
  std::string more;
  if (!conversation.client.sasl_username.empty())
    more += fmt::format(", sasl_method={}, sasl_username={}", conversation.client.sasl_method,
                        conversation.client.sasl_username);
  if (const ForwardedClient* original = conversation.forwarded.get()) {
    if (!original->ident.empty()) more += fmt::format(", orig_queue_id={}", original->ident);
    if (!original->address.empty())
      more += fmt::format(", orig_client={}[{}]",
                          original->name.empty() ? "unknown" : original->name, original->address);
  }
  log::info(tag(conversation), "{}: client={}{}", conversation.queue_id(), conversation.peer(),
            more);
}

void log_rejection(const Conversation& conversation, std::string_view what,
                   const mail::Rejection& rejection) {
  log::info(tag(conversation), "{}: reject: {} from {}: {};{}", conversation.queue_id(), what,
            conversation.peer(), rejection.reply.to_log(), whence(conversation));
  // Why we could not know is the operator's business; why a client was refused is in the reply.
  if (!rejection.private_cause.empty() && rejection.reply.is_transient_failure())
    log::warning(tag(conversation), "{}: {} from {}: {}", conversation.queue_id(), what,
                 conversation.peer(), rejection.private_cause);
}

void log_reject_warning(const Conversation& conversation, std::string_view what,
                        std::string_view text) {
  log::info(tag(conversation), "{}: reject_warning: {} from {}: {};{}", conversation.queue_id(),
            what, conversation.peer(), text, whence(conversation));
}

void log_end(const Conversation& conversation, std::string_view what) {
  std::string after = conversation.last_command;
  const Transaction* const transaction = conversation.transaction.get();
  if (transaction != nullptr && !std::holds_alternative<std::monostate>(transaction->reader))
    after += fmt::format(" ({} bytes)", transaction->octets_read);
  log::info(tag(conversation), "{} after {} from {}", what, after, conversation.peer());
}

void log_early_talker(const Conversation& conversation, std::string_view octets) {
  log::info(tag(conversation), "improper command pipelining after {} from {}: {}",
            conversation.last_command, conversation.peer(), octets.substr(0, kMaxShown));
}

void log_foreign(const Conversation& conversation, std::string_view line) {
  log::warning(tag(conversation), "non-SMTP command from {}: {}", conversation.peer(),
               line.substr(0, kMaxShown));
}

}  // namespace postern::server
