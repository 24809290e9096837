// What the server says, in Postfix's words.  Replies that do not change are text on the wire
// already; the 250 for a message exists in one place only, and that asks for proof.
// Pure; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/mail/reply.h"
#include "core/server/session_state.h"
#include "core/spool/commit_token.h"

namespace postern::server::replies {

// With CRLF.
inline constexpr std::string_view kOk = "250 2.0.0 Ok\r\n";
inline constexpr std::string_view kSenderOk = "250 2.1.0 Ok\r\n";
inline constexpr std::string_view kRecipientOk = "250 2.1.5 Ok\r\n";
inline constexpr std::string_view kStartData = "354 End data with <CR><LF>.<CR><LF>\r\n";
inline constexpr std::string_view kBye = "221 2.0.0 Bye\r\n";
inline constexpr std::string_view kStartTls = "220 2.0.0 Ready to start TLS\r\n";

// "250 2.0.0 Ok: queued as ID".  No CommitToken, no 250.
std::string queued(const spool::CommitToken& token);
// A filter had the message discarded: the client is told nothing of it.
std::string discarded(QueueId id);
std::string chunk_ok(std::uint64_t octets);

mail::Reply for_ruling(Ruling ruling, bool is_lmtp);

mail::Reply shutting_down(std::string_view hostname);
mail::Reply too_many_connections(std::string_view hostname, std::string_view address);
mail::Reply overloaded(std::string_view hostname);
mail::Reply too_many_errors(std::string_view hostname);
mail::Reply timeout(std::string_view hostname);
mail::Reply talked_early();
mail::Reply bare_newline(std::uint16_t code, std::string_view hostname, std::string_view what);

}  // namespace postern::server::replies
