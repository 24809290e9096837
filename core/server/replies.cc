#include "core/server/replies.h"

#include <fmt/format.h>

namespace postern::server::replies {
namespace {

using mail::EnhancedStatus;
using mail::Reply;

std::string queued_as(QueueId id) {
  return fmt::format("250 2.0.0 Ok: queued as {}\r\n", id.to_string());
}

}  // namespace

std::string queued(const spool::CommitToken& token) { return queued_as(token.id()); }
std::string discarded(QueueId id) { return queued_as(id); }
std::string chunk_ok(std::uint64_t octets) {
  return fmt::format("250 2.0.0 Ok: {} bytes\r\n", octets);
}

Reply for_ruling(Ruling ruling, bool is_lmtp) {
  constexpr EnhancedStatus kBadSequence{5, 5, 1};
  switch (ruling) {
    case Ruling::kLegal: break;
    case Ruling::kUnknownCommand:
      return {500, EnhancedStatus{5, 5, 2}, "Error: command not recognized"};
    case Ruling::kNotImplemented: return {502, kBadSequence, "Error: command not implemented"};
    case Ruling::kHelloFirst:
      return {503, kBadSequence,
              is_lmtp ? "Error: send LHLO first" : "Error: send HELO/EHLO first"};
    case Ruling::kNestedMail: return {503, kBadSequence, "Error: nested MAIL command"};
    case Ruling::kMailFirst: return {503, kBadSequence, "Error: need MAIL command"};
    case Ruling::kRecipientFirst: return {503, kBadSequence, "Error: need RCPT command"};
    case Ruling::kNoValidRecipient: return {554, kBadSequence, "Error: no valid recipients"};
    case Ruling::kAfterChunk: return {503, kBadSequence, "Error: the message is coming by BDAT"};
    case Ruling::kInTransaction: return {503, kBadSequence, "Error: MAIL transaction in progress"};
    case Ruling::kTlsActive: return {503, kBadSequence, "Error: TLS already active"};
    case Ruling::kTlsFirst:
      return {530, EnhancedStatus{5, 7, 0}, "Must issue a STARTTLS command first"};
    case Ruling::kNoAuthentication: return {503, kBadSequence, "Error: authentication not enabled"};
  }
  return {451, EnhancedStatus{4, 3, 0}, "Error: internal"};
}

Reply shutting_down(std::string_view hostname) {
  return {421, EnhancedStatus{4, 3, 2}, fmt::format("{} Service shutting down", hostname)};
}
Reply too_many_connections(std::string_view hostname, std::string_view address) {
  return {421, EnhancedStatus{4, 7, 0},
          fmt::format("{} Error: too many connections from {}", hostname, address)};
}
Reply overloaded(std::string_view hostname) {
  return {421, EnhancedStatus{4, 3, 2},
          fmt::format("{} Error: the server is busy, try again later", hostname)};
}
Reply too_many_errors(std::string_view hostname) {
  return {421, EnhancedStatus{4, 7, 0}, fmt::format("{} Error: too many errors", hostname)};
}
Reply timeout(std::string_view hostname) {
  return {421, EnhancedStatus{4, 4, 2}, fmt::format("{} Error: timeout exceeded", hostname)};
}
Reply talked_early() {
  return {554, EnhancedStatus{5, 5, 0}, "Error: SMTP protocol synchronization"};
}
Reply bare_newline(std::uint16_t code, std::string_view hostname, std::string_view what) {
  const EnhancedStatus status{static_cast<std::uint8_t>(code >= 500 ? 5 : 4), 5, 2};
  return {code, status, fmt::format("{} Error: {}", hostname, what)};
}

}  // namespace postern::server::replies
