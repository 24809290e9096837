// XFORWARD: a listed peer (a content filter before us) says whose mail it hands on; that is only
// written to the log.  Postfix's XFORWARD_README.
#include "core/server/handlers/handlers.h"
#include "core/server/replies.h"

namespace postern::server {
namespace {

using mail::EnhancedStatus;

std::string ForwardedClient::* member_of(const std::string& name) {
  if (name == "NAME") return &ForwardedClient::name;
  if (name == "ADDR") return &ForwardedClient::address;
  if (name == "PORT") return &ForwardedClient::port;
  if (name == "PROTO") return &ForwardedClient::protocol;
  if (name == "HELO") return &ForwardedClient::helo;
  if (name == "IDENT") return &ForwardedClient::ident;
  if (name == "SOURCE") return &ForwardedClient::source;
  return nullptr;
}

bool check(Conversation& conversation, smtp::Command& command) {
  if (!conversation.standing.may_xforward) {
    conversation.reject({{550, EnhancedStatus{5, 7, 0}, "Error: insufficient authorization"}, {}},
                        RefusalReason::kNotAuthorized, "XFORWARD");
    return false;
  }
  for (const auto& [name, value] : std::get<smtp::XforwardCommand>(command).attributes) {
    if (member_of(name) != nullptr) continue;
    conversation.refuse(
        {501, EnhancedStatus{5, 5, 4}, fmt::format("Bad XFORWARD attribute name: {}", name)},
        RefusalReason::kSyntax);
    return false;
  }
  return true;
}

Effect proceed(Conversation& conversation, smtp::Command& command) {
  if (!conversation.forwarded) conversation.forwarded = std::make_unique<ForwardedClient>();
  for (auto& [name, value] : std::get<smtp::XforwardCommand>(command).attributes) {
    const bool unknown = mail::equals_ignoring_ascii_case(value, "[UNAVAILABLE]");
    (*conversation.forwarded).*member_of(name) = unknown ? "" : std::move(value);
  }
  conversation.reply_ok(replies::kOk);
  return Effect::kNone;
}

}  // namespace

const Handler kXforwardHandler{.check = check, .proceed = proceed};

}  // namespace postern::server
