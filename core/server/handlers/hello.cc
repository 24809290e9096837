// HELO, EHLO and LHLO: the client's name, which is shown and never trusted.
#include "core/server/handlers/handlers.h"
#include "core/smtp/ehlo_reply.h"

namespace postern::server {
namespace {

// The new name is in its place while restrictions and filters look at it; the old one waits in the
// command, and comes back if they refuse: a refused hello leaves the session as it was.
bool check(Conversation& conversation, smtp::Command& command) {
  auto& hello = std::get<smtp::HelloCommand>(command);
  conversation.client.helo.swap(hello.name);
  return true;
}

Effect proceed(Conversation& conversation, smtp::Command& command) {
  const auto& hello = std::get<smtp::HelloCommand>(command);
  conversation.end_transaction();
  if (hello.verb == smtp::Verb::kHelo) {
    conversation.reply({250, std::nullopt, conversation.hostname()});
  } else {
    conversation.reply(smtp::build_ehlo_reply(conversation.offered()));
  }
  return Effect::kNone;
}

void undo(Conversation& conversation, smtp::Command& command) {
  conversation.client.helo.swap(std::get<smtp::HelloCommand>(command).name);
}

}  // namespace

const Handler kHelloHandler{check, CheckPoint::kHello, filter::Stage::kHello, proceed, undo};

}  // namespace postern::server
