// Names that must mean something on this machine: hosts, users, groups, ports.  Asks the system's
// name service, so it may take as long as that takes.

#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <unistd.h>

#include <memory>

#include "core/config/params.h"
#include "core/tools/checks/findings.h"

namespace postern::tools {
namespace {

namespace params = config::params;

bool resolves(const std::string& host) {
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), nullptr, nullptr, &found);
  if (found != nullptr) ::freeaddrinfo(found);
  return failed == 0;
}

// Of a next hop the part to look up as a host: "[mx.example]:25" names one; a bare domain has MX
// records, which the engine's resolver asks for.
std::optional<std::string> host_in_brackets(std::string_view next_hop) {
  if (const std::size_t colon = next_hop.find(":["); colon != next_hop.npos)
    next_hop.remove_prefix(colon + 1);  // a transport before it
  if (!next_hop.starts_with('[')) return std::nullopt;
  const std::size_t end = next_hop.find(']');
  if (end == next_hop.npos) return std::nullopt;
  std::string host(next_hop.substr(1, end - 1));
  if (host.starts_with("IPv6:") || host.starts_with("ipv6:")) host.erase(0, 5);
  return host;
}

void check_host(const config::Settings& settings, std::string_view parameter,
                const std::string& host, Findings& findings) {
  if (!host.empty() && !resolves(host))
    findings.warning(place_of(settings, parameter), parameter, "host {} can't be found", host);
}

void check_user(const config::Settings& settings, std::string_view parameter,
                const std::string& user, Findings& findings) {
  if (user.empty() || ::getpwnam(user.c_str()) != nullptr) return;
  if (user.find_first_not_of("0123456789") == user.npos) return;
  findings.error(place_of(settings, parameter), parameter, "user {} does not exist", user);
}

void check_services(const config::Settings& settings, Findings& findings) {
  for (const config::ServiceEntry& entry : settings.master().entries()) {
    const std::string place = entry.place.describe();
    if (entry.type == config::ServiceType::kInet) {
      const auto endpoint = config::parse_endpoint(entry.name);
      if (!endpoint) continue;  // the loader has told it
      const bool is_number = endpoint->port.find_first_not_of("0123456789") == std::string::npos;
      if (!is_number && ::getservbyname(endpoint->port.c_str(), "tcp") == nullptr)
        findings.error(place, "", "{}: no port has the name {} in /etc/services", entry.name,
                       endpoint->port);
      if (!endpoint->host.empty() && !resolves(endpoint->host))
        findings.error(place, "", "{}: host {} can't be found", entry.name, endpoint->host);
    }
    if (entry.command != "pipe") continue;
    for (std::string_view word : entry.arguments) {
      if (word.starts_with("user=")) {
        const std::string user(word.substr(5, word.find(':') - 5));
        if (::getpwnam(user.c_str()) == nullptr)
          findings.warning(place, "", "{}: user {} does not exist", entry.name, user);
      } else if (word.starts_with("argv=")) {
        const std::string program(word.substr(5, word.find(' ') - 5));
        if (::access(program.c_str(), X_OK) != 0)
          findings.warning(place, "", "{}: can't run {}", entry.name, program);
      }
    }
  }
}

}  // namespace

void check_names(const Site& site, Findings& findings) {
  const config::Settings& settings = site.settings();
  check_host(settings, "myhostname", settings.get(params::myhostname), findings);
  for (const std::string& each : settings.get(params::inet_interfaces))
    if (each != "all" && each != "loopback-only")
      check_host(settings, "inet_interfaces", each, findings);
  for (const auto& [name, value] :
       {std::pair<std::string_view, std::string>{"relayhost", settings.get(params::relayhost)},
        {"default_transport", settings.get(params::default_transport)},
        {"relay_transport", settings.get(params::relay_transport)},
        {"virtual_transport", settings.get(params::virtual_transport)}})
    if (const auto host = host_in_brackets(value)) check_host(settings, name, *host, findings);
  check_user(settings, "mail_owner", settings.get(params::mail_owner), findings);
  for (const std::string& each : settings.get(params::admin_users))
    check_user(settings, "admin_users", each, findings);
  const std::string& group = settings.get(params::setgid_group);
  if (!group.empty() && ::getgrnam(group.c_str()) == nullptr)
    findings.warning(place_of(settings, "setgid_group"), "setgid_group", "group {} does not exist",
                     group);
  check_services(settings, findings);
}

}  // namespace postern::tools
