// VRFY and ETRN.  Neither tells anything: VRFY gives the same answer for users that exist and that
// do not (RFC 5321 s7.3), and mail is not sent on a stranger's demand.  EXPN is refused by the
// state table.
#include "core/server/handlers/handlers.h"

namespace postern::server {
namespace {

using mail::EnhancedStatus;

bool check_vrfy(Conversation& conversation, smtp::Command&) {
  if (!conversation.options().strictness.disable_vrfy) return true;
  conversation.refuse({502, EnhancedStatus{5, 5, 1}, "VRFY command is disabled"},
                      RefusalReason::kUnknownCommand);
  return false;
}

Effect proceed_vrfy(Conversation& conversation, smtp::Command&) {
  conversation.reply(
      {252, EnhancedStatus{2, 0, 0}, "Cannot verify the user, but will try to deliver"});
  return Effect::kNone;
}

Effect proceed_etrn(Conversation& conversation, smtp::Command& command) {
  const auto& etrn = std::get<smtp::EtrnCommand>(command);
  conversation.refuse(
      {459, EnhancedStatus{4, 7, 1}, fmt::format("<{}>: service unavailable", etrn.domain)},
      RefusalReason::kUnknownCommand);
  return Effect::kNone;
}

}  // namespace

const Handler kVrfyHandler{.check = check_vrfy, .proceed = proceed_vrfy};
const Handler kEtrnHandler{.proceed = proceed_etrn};

}  // namespace postern::server
