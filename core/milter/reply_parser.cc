#include "core/milter/reply_parser.h"

#include <algorithm>
#include <array>

#include "core/milter/cursor.h"

namespace postern::milter {
namespace {

std::string describe(const Packet& packet) {
  const auto octet = static_cast<unsigned char>(packet.letter);
  if (octet > ' ' && octet < 0x7F) return fmt::format("milter reply '{}'", packet.letter);
  return fmt::format("milter reply 0x{:02x}", octet);
}

std::unexpected<Error> malformed(const Packet& packet, std::string_view why) {
  return fail(ErrorKind::kInvalid, "{} with {} octets of data: {}", describe(packet),
              packet.data.size(), why);
}

Result<Reply> bare(const Packet& packet, Reply reply) {
  if (!packet.data.empty()) return malformed(packet, "it has no data");
  return reply;
}

Result<Reply> bare_verdict(const Packet& packet, VerdictKind kind) {
  return bare(packet, Verdict{kind, std::nullopt, {}});
}

// The one string that is all of the packet.
Result<std::string> only_text(const Packet& packet) {
  Cursor cursor(packet.data);
  const auto text = cursor.take_text();
  if (!text) return malformed(packet, "a string without its NUL");
  if (!cursor.at_end()) return malformed(packet, "octets behind the string");
  return std::string(*text);
}

Result<Reply> header_with_number(const Packet& packet) {
  Cursor cursor(packet.data);
  const auto number = cursor.take_word();
  if (!number) return malformed(packet, "no room for a number");
  const auto name = cursor.take_text();
  const auto value = cursor.take_text();
  if (!name || !value) return malformed(packet, "a string without its NUL");
  if (!cursor.at_end()) return malformed(packet, "octets behind the value");
  if (packet.letter == static_cast<char>(ReplyLetter::kInsertHeader))
    return Modify(InsertHeaderRequest{*number, std::string(*name), std::string(*value)});
  return Modify(ChangeHeaderRequest{*number, std::string(*name), std::string(*value)});
}

Result<Reply> add_header(const Packet& packet) {
  Cursor cursor(packet.data);
  const auto name = cursor.take_text();
  const auto value = cursor.take_text();
  if (!name || !value) return malformed(packet, "a string without its NUL");
  if (!cursor.at_end()) return malformed(packet, "octets behind the value");
  return Modify(AddHeaderRequest{std::string(*name), std::string(*value)});
}

// A path and, perhaps, a string of ESMTP parameters.
Result<Reply> path_with_arguments(const Packet& packet) {
  Cursor cursor(packet.data);
  const auto path = cursor.take_text();
  if (!path) return malformed(packet, "a path without its NUL");
  std::string_view arguments;
  if (!cursor.at_end()) {
    const auto text = cursor.take_text();
    if (!text) return malformed(packet, "parameters without their NUL");
    if (!cursor.at_end()) return malformed(packet, "octets behind the parameters");
    arguments = *text;
  }
  if (packet.letter == static_cast<char>(ReplyLetter::kChangeReversePath))
    return Modify(ChangeReversePathRequest{std::string(*path), std::string(arguments)});
  return Modify(AddRecipientRequest{std::string(*path), std::string(arguments), true});
}

Result<MacroList> take_macro_list(Cursor& cursor, const Packet& packet, const ReplyLimits& limits) {
  const auto stage = cursor.take_word();
  if (!stage) return malformed(packet, "a macro list without its stage");
  if (*stage >= kMacroStages)
    return malformed(packet, fmt::format("a macro list for stage {}", *stage));
  const auto names = cursor.take_text();
  if (!names) return malformed(packet, "a macro list without its NUL");
  MacroList out{static_cast<MacroStage>(*stage), {}};
  for (std::size_t at = 0;;) {
    at = names->find_first_not_of(" ,\t", at);
    if (at == std::string_view::npos) break;
    const std::size_t end = std::min(names->find_first_of(" ,\t", at), names->size());
    if (out.names.size() == limits.max_macro_names)
      return fail(ErrorKind::kLimit, "{}: more than {} macros for one stage", describe(packet),
                  limits.max_macro_names);
    out.names.emplace_back(names->substr(at, end - at));
    at = end;
  }
  return out;
}

Result<Reply> macro_list(const Packet& packet, const ReplyLimits& limits) {
  Cursor cursor(packet.data);
  auto list = take_macro_list(cursor, packet, limits);
  if (!list) return std::unexpected(list.error());
  if (!cursor.at_end()) return malformed(packet, "octets behind the macro list");
  return std::move(*list);
}

Result<Reply> negotiation(const Packet& packet, const ReplyLimits& limits) {
  Cursor cursor(packet.data);
  NegotiationAnswer out;
  const auto version = cursor.take_word();
  const auto actions = cursor.take_word();
  const auto steps = cursor.take_word();
  if (!version || !actions || !steps) return malformed(packet, "it takes three numbers");
  out.version = *version;
  out.actions = Actions::from_word(*actions);
  out.steps = Steps::from_word(*steps);
  while (!cursor.at_end()) {
    auto list = take_macro_list(cursor, packet, limits);
    if (!list) return std::unexpected(list.error());
    const auto same_stage = [&](const MacroList& other) { return other.stage == list->stage; };
    if (std::ranges::any_of(out.macro_lists, same_stage))
      return malformed(packet, "two macro lists for one stage");
    out.macro_lists.push_back(std::move(*list));
  }
  return out;
}

Result<Reply> reply_code(const Packet& packet, const ReplyLimits& limits) {
  const auto text = only_text(packet);
  auto reply = text ? parse_reply_text(*text, limits) : std::unexpected(text.error());
  if (reply) return Verdict{VerdictKind::kReplyCode, std::move(*reply), {}};
  const bool is_transient = packet.data.starts_with('4');
  return Verdict{is_transient ? VerdictKind::kTempfail : VerdictKind::kReject, std::nullopt,
                 std::move(reply.error().context)};
}

template <typename Request>
Result<Reply> text_request(const Packet& packet) {
  auto text = only_text(packet);
  if (!text) return std::unexpected(text.error());
  Request request;
  if constexpr (requires { request.reason; })
    request.reason = std::move(*text);
  else
    request.path = std::move(*text);
  return Modify(std::move(request));
}

}  // namespace

std::string_view to_string(VerdictKind kind) {
  static constexpr std::array<std::string_view, 9> kNames{
      "continue",   "accept", "discard",  "reject",         "tempfail",
      "reply code", "skip",   "shutdown", "connection fail"};
  return kNames[static_cast<std::size_t>(kind)];
}

Result<Reply> parse_reply(const Packet& packet, const ReplyLimits& limits) {
  switch (static_cast<ReplyLetter>(packet.letter)) {
    case ReplyLetter::kContinue: return bare_verdict(packet, VerdictKind::kContinue);
    case ReplyLetter::kAccept: return bare_verdict(packet, VerdictKind::kAccept);
    case ReplyLetter::kDiscard: return bare_verdict(packet, VerdictKind::kDiscard);
    case ReplyLetter::kReject: return bare_verdict(packet, VerdictKind::kReject);
    case ReplyLetter::kTempfail: return bare_verdict(packet, VerdictKind::kTempfail);
    case ReplyLetter::kSkip: return bare_verdict(packet, VerdictKind::kSkip);
    case ReplyLetter::kShutdown: return bare_verdict(packet, VerdictKind::kShutdown);
    case ReplyLetter::kConnectionFail: return bare_verdict(packet, VerdictKind::kConnectionFail);
    case ReplyLetter::kProgress: return bare(packet, Progress{});
    case ReplyLetter::kReplyCode: return reply_code(packet, limits);
    case ReplyLetter::kAddHeader: return add_header(packet);
    case ReplyLetter::kInsertHeader:
    case ReplyLetter::kChangeHeader: return header_with_number(packet);
    case ReplyLetter::kChangeReversePath:
    case ReplyLetter::kAddRecipientWithArguments: return path_with_arguments(packet);
    case ReplyLetter::kAddRecipient: return text_request<AddRecipientRequest>(packet);
    case ReplyLetter::kDeleteRecipient: return text_request<DeleteRecipientRequest>(packet);
    case ReplyLetter::kQuarantine: return text_request<QuarantineRequest>(packet);
    case ReplyLetter::kReplaceBody: return Modify(ReplaceBodyChunk{packet.data});
    case ReplyLetter::kSetMacroList: return macro_list(packet, limits);
    case ReplyLetter::kNegotiate: return negotiation(packet, limits);
  }
  return malformed(packet, "there is no such reply");
}

}  // namespace postern::milter
