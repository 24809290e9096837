// RSET, NOOP, HELP and QUIT.
#include "core/server/handlers/handlers.h"
#include "core/server/replies.h"

namespace postern::server {
namespace {

Effect proceed_rset(Conversation& conversation, smtp::Command&) {
  conversation.end_transaction();
  conversation.reply_ok(replies::kOk);
  return Effect::kNone;
}

Effect proceed_noop(Conversation& conversation, smtp::Command&) {
  conversation.reply_ok(replies::kOk);
  return Effect::kNone;
}

Effect proceed_help(Conversation& conversation, smtp::Command&) {
  conversation.reply({214, mail::EnhancedStatus{2, 0, 0},
                      conversation.state.rules().is_lmtp ? "See RFC 2033" : "See RFC 5321"});
  return Effect::kNone;
}

Effect proceed_quit(Conversation& conversation, smtp::Command&) {
  conversation.reply_ok(replies::kBye);
  return Effect::kClose;
}

}  // namespace

const Handler kRsetHandler{.proceed = proceed_rset};
const Handler kNoopHandler{.proceed = proceed_noop};
const Handler kHelpHandler{.proceed = proceed_help};
const Handler kQuitHandler{.proceed = proceed_quit};

}  // namespace postern::server
