#include "core/server/handlers/handlers.h"

namespace postern::server {

const Handler& handler_of(smtp::Verb verb, Progress progress) {
  using smtp::Verb;
  static constexpr Handler kNothing{};
  switch (verb) {
    case Verb::kHelo:
    case Verb::kEhlo:
    case Verb::kLhlo: return kHelloHandler;
    case Verb::kMail: return kMailHandler;
    case Verb::kRcpt: return kRcptHandler;
    case Verb::kData: return kDataHandler;
    case Verb::kBdat: return progress == Progress::kChunks ? kChunkHandler : kFirstChunkHandler;
    case Verb::kRset: return kRsetHandler;
    case Verb::kNoop: return kNoopHandler;
    case Verb::kQuit: return kQuitHandler;
    case Verb::kHelp: return kHelpHandler;
    case Verb::kVrfy: return kVrfyHandler;
    case Verb::kEtrn: return kEtrnHandler;
    case Verb::kStartTls: return kStartTlsHandler;
    case Verb::kXclient: return kXclientHandler;
    case Verb::kXforward: return kXforwardHandler;
    case Verb::kExpn:  // never legal here
    case Verb::kAuth:
    case Verb::kUnknown: break;
  }
  return kNothing;
}

}  // namespace postern::server
