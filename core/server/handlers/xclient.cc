// XCLIENT: a listed peer (a proxy, a test) says who the client is; the session then begins again as
// if that client had connected.  Postfix's XCLIENT_README.
#include <charconv>

#include "core/maps/ip_network.h"
#include "core/server/handlers/handlers.h"
#include "core/smtp/domain.h"

namespace postern::server {
namespace {

using mail::EnhancedStatus;

bool is_unavailable(const std::string& value) {
  return mail::equals_ignoring_ascii_case(value, "[UNAVAILABLE]") ||
         mail::equals_ignoring_ascii_case(value, "[TEMPUNAVAIL]");
}

bool is_name(const std::string& value) {
  return is_unavailable(value) || smtp::is_valid_domain(value);
}

// "IPV6:2001:db8::1" is Postfix's form; a bare address is taken too.
std::optional<std::string> address_of(std::string_view value) {
  if (mail::equals_ignoring_ascii_case(value.substr(0, 5), "IPV6:")) value.remove_prefix(5);
  const auto address = maps::IpAddress::parse(value);
  if (!address) return std::nullopt;
  return address->to_string();
}

std::optional<std::uint16_t> port_of(std::string_view value) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), port);
  if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
  return port;
}

bool is_valid(const std::string& name, const std::string& value) {
  if (name == "NAME" || name == "REVERSE_NAME") return is_name(value);
  if (name == "ADDR") return is_unavailable(value) || address_of(value).has_value();
  if (name == "PORT") return is_unavailable(value) || port_of(value).has_value();
  if (name == "PROTO")
    return mail::equals_ignoring_ascii_case(value, "SMTP") ||
           mail::equals_ignoring_ascii_case(value, "ESMTP");
  // DESTADDR and DESTPORT are taken and not used; IDENT and SOURCE are XFORWARD's.
  return name == "HELO" || name == "LOGIN" || name == "DESTADDR" || name == "DESTPORT";
}

bool check(Conversation& conversation, smtp::Command& command) {
  if (!conversation.standing.may_xclient) {
    conversation.reject({{550, EnhancedStatus{5, 7, 0}, "Error: insufficient authorization"}, {}},
                        RefusalReason::kNotAuthorized, "XCLIENT");
    return false;
  }
  for (const auto& [name, value] : std::get<smtp::XclientCommand>(command).attributes) {
    if (is_valid(name, value)) continue;
    conversation.refuse({501, EnhancedStatus{5, 5, 4}, fmt::format("Bad {} attribute value", name)},
                        RefusalReason::kSyntax);
    return false;
  }
  return true;
}

Effect proceed(Conversation& conversation, smtp::Command& command) {
  mail::ClientInfo next = conversation.client;
  std::string helo;
  for (auto& [name, value] : std::get<smtp::XclientCommand>(command).attributes) {
    const bool unknown = is_unavailable(value);
    if (name == "NAME") next.name = next.reverse_name = unknown ? "unknown" : value;
    if (name == "REVERSE_NAME") next.reverse_name = unknown ? "unknown" : value;
    if (name == "ADDR") next.address = unknown ? "unknown" : *address_of(value);
    if (name == "PORT") next.port = unknown ? std::uint16_t{0} : *port_of(value);
    if (name == "HELO" && !unknown) helo = value;
    if (name == "LOGIN") {
      next.sasl_username = unknown ? "" : value;
      next.sasl_method = unknown ? "" : "XCLIENT";
    }
  }
  conversation.restart(conversation.state.is_tls());
  conversation.client.sasl_username = next.sasl_username;
  conversation.client.sasl_method = next.sasl_method;
  conversation.adopt_client(next.address, next.port, next.name, next.reverse_name);
  conversation.client.helo = std::move(helo);
  conversation.begin_filters();
  return Effect::kNewClient;
}

}  // namespace

const Handler kXclientHandler{.check = check, .proceed = proceed};

}  // namespace postern::server
