// What a filter says, as values, one for each packet.  Text is as it was on the wire: no address is
// parsed yet, header values are as HDR_LEADSPC makes them.  What a packet may mean at a stage is
// not known here (dialogue.h).
// Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/mail/reply.h"
#include "core/milter/protocol.h"

namespace postern::milter {

// Ends a stage.
enum class VerdictKind {
  kContinue,
  kAccept,
  kDiscard,
  kReject,
  kTempfail,
  kReplyCode,       // Verdict::reply says what the client is told: 4yz or 5yz
  kSkip,            // no more of this kind for this message
  kShutdown,        // 421 and close
  kConnectionFail,  // close
};
// "continue", "accept" ...
std::string_view to_string(VerdictKind kind);

struct Verdict {
  VerdictKind kind = VerdictKind::kContinue;
  std::optional<mail::Reply> reply = std::nullopt;
  // The filter refused with a reply text that is none: what is wrong with it, for the log.  The
  // refusal stands, as kReject or kTempfail; a failure action of "accept" must not undo it.
  std::string fault = {};
};

// "I am still at it": more time, nothing else.
struct Progress {};

// The names of the macros that the filter wants at one stage.
struct MacroList {
  MacroStage stage{};
  std::vector<std::string> names;
};

struct NegotiationAnswer {
  std::uint32_t version = 0;
  Actions actions;
  Steps steps;
  std::vector<MacroList> macro_lists;
};

struct AddHeaderRequest {
  std::string name;
  std::string value;
};
struct InsertHeaderRequest {
  std::uint32_t index = 0;
  std::string name;
  std::string value;
};
struct ChangeHeaderRequest {
  std::uint32_t nth = 0;
  std::string name;
  std::string value;  // empty: delete
};
struct ChangeReversePathRequest {
  std::string path;
  std::string arguments;  // ESMTP parameters, separated by spaces
};
struct AddRecipientRequest {
  std::string path;
  std::string arguments;
  bool is_with_arguments = false;  // SMFIR_ADDRCPT_PAR, even where there are none
};
struct DeleteRecipientRequest {
  std::string path;
};
// A view into the packet.
struct ReplaceBodyChunk {
  std::string_view octets;
};
struct QuarantineRequest {
  std::string reason;
};

using Modify = std::variant<AddHeaderRequest, InsertHeaderRequest, ChangeHeaderRequest,
                            ChangeReversePathRequest, AddRecipientRequest, DeleteRecipientRequest,
                            ReplaceBodyChunk, QuarantineRequest>;

using Reply = std::variant<Verdict, Progress, Modify, MacroList, NegotiationAnswer>;

}  // namespace postern::milter
