// Handlers: what each command does, in three steps that the dispatcher drives:
//   check    arguments against limits and configuration; may refuse
//   (access restrictions of main.cf, then the filter chain: the dispatcher's business)
//   proceed  takes effect and replies
// Syntax was the parser's, sequence is the state table's business; no handler asks for either.
// One file a command, or a few small ones that belong together.
#pragma once

#include "core/server/access_check.h"
#include "core/server/conversation.h"
#include "core/smtp/command.h"

namespace postern::server {

// What the shell or the dispatcher must do when a command has taken effect.
enum class Effect : std::uint8_t {
  kNone,
  kReadData,   // until CRLF.CRLF
  kReadChunk,  // the octets of a BDAT command
  kStartTls,
  kNewClient,  // XCLIENT: greet again
  kClose,      // QUIT
};

struct Handler {
  // False: it has refused.  nullptr: nothing to check.
  bool (*check)(Conversation& conversation, smtp::Command& command) = nullptr;
  CheckPoint point = CheckPoint::kNone;
  filter::Stage stage = filter::Stage::kNone;
  Effect (*proceed)(Conversation& conversation, smtp::Command& command) = nullptr;
  // Takes back what check() left, after a refusal by restrictions or filters.
  void (*undo)(Conversation& conversation, smtp::Command& command) = nullptr;
};

extern const Handler kHelloHandler;  // HELO, EHLO, LHLO
extern const Handler kMailHandler;
extern const Handler kRcptHandler;
extern const Handler kDataHandler;
extern const Handler kFirstChunkHandler;  // BDAT: the first of a message
extern const Handler kChunkHandler;       // and the others
extern const Handler kRsetHandler;
extern const Handler kNoopHandler;
extern const Handler kQuitHandler;
extern const Handler kHelpHandler;
extern const Handler kVrfyHandler;
extern const Handler kEtrnHandler;
extern const Handler kStartTlsHandler;
extern const Handler kXclientHandler;
extern const Handler kXforwardHandler;

// The handler of a command that the state table found legal.
const Handler& handler_of(smtp::Verb verb, Progress progress);

}  // namespace postern::server
