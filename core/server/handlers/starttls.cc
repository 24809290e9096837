// STARTTLS.  That nothing came behind it in plain text is checked by the dispatcher, before this.
#include "core/server/handlers/handlers.h"
#include "core/server/replies.h"

namespace postern::server {
namespace {

Effect proceed(Conversation& conversation, smtp::Command&) {
  conversation.reply_ok(replies::kStartTls);
  return Effect::kStartTls;
}

}  // namespace

const Handler kStartTlsHandler{.proceed = proceed};

}  // namespace postern::server
