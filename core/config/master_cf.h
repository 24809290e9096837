// master.cf: the services of a site, one entry a line.  What each means to Postern is
// service_role(); running them is engine/'s.
// Pure; a value type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/units.h"
#include "core/config/diagnostics.h"
#include "core/config/logical_lines.h"
#include "core/config/main_cf.h"

namespace postern::config {

enum class ServiceType { kInet, kUnix, kUnixDgram, kFifo, kPass, kPlugin };
std::string_view to_string(ServiceType type);

struct ServiceEntry {
  std::string name;  // "smtp", "127.0.0.1:10025", "[::1]:25", "relay"
  ServiceType type = ServiceType::kUnix;
  bool is_private = true;
  bool unprivileged = true;
  bool chroot = false;
  std::optional<Seconds> wakeup;
  bool wakeup_if_used = false;                // "?" behind the time
  std::optional<std::int64_t> process_limit;  // 0: no limit; nullopt: default_process_limit
  std::string command;                        // "smtpd"
  std::vector<std::string> arguments;         // without the -o overrides; braces taken away
  std::vector<Assignment> overrides;          // -o name=value, in order; the last of a name counts
  SourcePlace place;
  std::vector<std::string> columns;  // the eight columns and all arguments as written
};

// host:port of an inet service.  host "": every address of inet_interfaces.
struct ServiceEndpoint {
  std::string host;  // without the [] of IPv6
  std::string port;  // a number or a name of services(5)
};
// Error kInvalid: no port, or a [ without its ].
Result<ServiceEndpoint> parse_endpoint(std::string_view name);

enum class ServiceRole {
  kSmtpListener,  // smtpd on inet
  kPostscreen,    // postscreen on inet: a listener with pre-greeting tests
  kPassedSmtpd,   // smtpd pass: what postscreen hands to; its overrides count for that listener
  kTransport,     // smtp, lmtp, virtual, local, pipe, discard, error
  kPlugin,        // a process to supervise
  kNoEffect,      // Postfix's internal services: the engine does their work itself
  kUnsupported,   // known to Postfix, not done here
};
ServiceRole service_role(const ServiceEntry& entry);

class MasterCf {
 public:
  // Faulty lines are reported and left out; so is the first of two entries with one name and type.
  static MasterCf parse(std::string_view text, const std::string& file, Diagnostics& diagnostics,
                        const FileLimits& limits = {});
  // What counts when there is no master.cf: smtpd on port smtp and the usual transports.
  static MasterCf built_in();

  const std::vector<ServiceEntry>& entries() const { return entries_; }
  const ServiceEntry* find(std::string_view name, ServiceType type) const;
  // The transport that a transport table means by `name`, or null.
  const ServiceEntry* find_transport(std::string_view name) const;

 private:
  std::vector<ServiceEntry> entries_;
};

// One port to listen on for SMTP.
struct SmtpListener {
  const ServiceEntry* endpoint;  // the inet entry
  const ServiceEntry* service;   // whose overrides and process limit count: the same, or smtpd pass
  bool tests_before_greeting;    // postscreen stands before it
};
// Points into `master`.
std::vector<SmtpListener> smtp_listeners(const MasterCf& master);

}  // namespace postern::config
