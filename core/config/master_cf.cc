#include "core/config/master_cf.h"

#include <algorithm>
#include <array>
#include <span>
#include <tuple>
#include <utility>

#include "core/config/value.h"
#include "core/config/words.h"

namespace postern::config {
namespace {

constexpr std::pair<std::string_view, ServiceType> kTypes[] = {
    {"inet", ServiceType::kInet},
    {"unix", ServiceType::kUnix},
    {"unix-dgram", ServiceType::kUnixDgram},
    {"fifo", ServiceType::kFifo},
    {"pass", ServiceType::kPass},
    {"plugin", ServiceType::kPlugin},
};

constexpr std::string_view kTransports[] = {"smtp", "lmtp",    "virtual", "local",
                                            "pipe", "discard", "error"};
constexpr std::string_view kInternal[] = {
    "anvil", "bounce", "cleanup",  "dnsblog",         "flush",  "nqmgr",
    "oqmgr", "pickup", "postlogd", "proxymap",        "qmgr",   "scache",
    "showq", "tlsmgr", "tlsproxy", "trivial-rewrite", "verify",
};

bool among(std::span<const std::string_view> list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// "-" is the default; otherwise y or n.
Result<bool> flag(std::string_view column, std::string_view what, bool initial) {
  if (column == "-") return initial;
  if (column == "y") return true;
  if (column == "n") return false;
  return fail(ErrorKind::kInvalid, "{} is not a value for the column \"{}\": write y, n or -",
              quoted(column), what);
}

Result<void> parse_wakeup(std::string_view column, ServiceEntry& entry) {
  if (column == "-") return {};
  if (column.ends_with('?')) {
    entry.wakeup_if_used = true;
    column.remove_suffix(1);
  }
  const auto seconds = parse_integer(column);
  if (!seconds || *seconds < 0)
    return fail(ErrorKind::kInvalid,
                "{} is not a value for the column \"wakeup\": write seconds, or -", quoted(column));
  entry.wakeup = Seconds(std::min<std::int64_t>(*seconds, 1'000'000'000));
  return {};
}

Result<void> parse_columns(const std::vector<std::string_view>& words, ServiceEntry& entry) {
  if (words.size() < 8)
    return fail(ErrorKind::kInvalid,
                "{} columns where 8 are needed: service type private unpriv chroot wakeup maxproc "
                "command",
                words.size());
  entry.name = words[0];
  const auto* type = std::find_if(std::begin(kTypes), std::end(kTypes),
                                  [&](const auto& each) { return each.first == words[1]; });
  if (type == std::end(kTypes))
    return fail(ErrorKind::kInvalid,
                "{} is not a service type: write inet, unix, unix-dgram, fifo, pass or plugin",
                quoted(words[1]));
  entry.type = type->second;
  const std::tuple<std::string_view, std::string_view, bool, bool&> flags[] = {
      {words[2], "private", true, entry.is_private},
      {words[3], "unpriv", true, entry.unprivileged},
      {words[4], "chroot", false, entry.chroot}};
  for (const auto& [column, what, initial, target] : flags) {
    const auto value = flag(column, what, initial);
    if (!value) return std::unexpected(value.error());
    target = *value;
  }
  if (entry.type == ServiceType::kInet && words[2] == "-") entry.is_private = false;
  if (auto done = parse_wakeup(words[5], entry); !done) return done;
  if (words[6] != "-") {
    const auto limit = parse_integer(words[6]);
    if (!limit || *limit < 0)
      return fail(ErrorKind::kInvalid,
                  "{} is not a value for the column \"maxproc\": write a number (0: no limit), "
                  "or -",
                  quoted(words[6]));
    entry.process_limit = *limit;
  }
  entry.command = words[7];
  if (entry.type == ServiceType::kInet) {
    if (auto endpoint = parse_endpoint(entry.name); !endpoint)
      return std::unexpected(endpoint.error());
  }
  return {};
}

// The words behind the command: -o overrides go to `overrides`, the rest to `arguments`.  After
// the first word that isn't an option (pipe's user=..., argv=...) nothing is an override any more.
Result<void> parse_arguments(std::span<const std::string_view> words, ServiceEntry& entry) {
  bool options = true;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    options = options && word.starts_with('-') && word != "--";
    if (!options || !word.starts_with("-o")) {
      entry.arguments.emplace_back(braced_content(word).value_or(word));
      // An option's own argument must not end the options.
      if (options && word.size() == 2 && i + 1 < words.size() && !words[i + 1].starts_with('-')) {
        ++i;
        entry.arguments.emplace_back(braced_content(words[i]).value_or(words[i]));
      }
      continue;
    }
    std::string_view setting = word.substr(2);
    if (setting.empty()) {
      if (++i == words.size())
        return fail(ErrorKind::kInvalid, "nothing follows -o: write -o name=value");
      setting = words[i];
    }
    const auto pair = split_name_value(braced_content(setting).value_or(setting));
    if (!pair)
      return fail(ErrorKind::kInvalid,
                  "-o {}: {} (without blanks, or in braces: -o {{ name = value }})", setting,
                  pair.error().context);
    entry.overrides.push_back({std::string(pair->name), std::string(pair->value), entry.place});
  }
  return {};
}

void warn_about(const ServiceEntry& entry, Diagnostics& diagnostics) {
  if (service_role(entry) != ServiceRole::kUnsupported) return;
  diagnostics.warning(entry.place, "",
                      fmt::format("the service {} ({}) runs {}, which Postern does not do: the "
                                  "line has no effect",
                                  entry.name, to_string(entry.type), entry.command));
}

}  // namespace

std::string_view to_string(ServiceType type) {
  for (const auto& [name, value] : kTypes)
    if (value == type) return name;
  return "";
}

Result<ServiceEndpoint> parse_endpoint(std::string_view name) {
  ServiceEndpoint endpoint;
  std::string_view port = name;
  if (name.starts_with('[')) {
    const std::size_t end = name.find("]:");
    if (end == std::string_view::npos)
      return fail(ErrorKind::kInvalid, "{} is not an address and port: write [address]:port",
                  quoted(name));
    endpoint.host = name.substr(1, end - 1);
    port = name.substr(end + 2);
  } else if (const std::size_t colon = name.rfind(':'); colon != std::string_view::npos) {
    endpoint.host = name.substr(0, colon);
    port = name.substr(colon + 1);
    if (endpoint.host.find(':') != std::string::npos)
      return fail(ErrorKind::kInvalid, "{} is ambiguous: write an IPv6 address as [address]:port",
                  quoted(name));
  }
  const bool numeric = !port.empty() && port.find_first_not_of("0123456789") == port.npos;
  const auto number = numeric ? parse_integer(port) : Result<std::int64_t>(1);
  if (port.empty() || !number || *number > 65535)
    return fail(ErrorKind::kInvalid,
                "{} has no port: write a number up to 65535, a name such as smtp, or host:port",
                quoted(name));
  endpoint.port = port;
  return endpoint;
}

ServiceRole service_role(const ServiceEntry& entry) {
  if (entry.type == ServiceType::kPlugin) return ServiceRole::kPlugin;
  if (entry.command == "smtpd") {
    if (entry.type == ServiceType::kInet) return ServiceRole::kSmtpListener;
    return entry.type == ServiceType::kPass ? ServiceRole::kPassedSmtpd : ServiceRole::kUnsupported;
  }
  if (entry.command == "postscreen" && entry.type == ServiceType::kInet)
    return ServiceRole::kPostscreen;
  if (entry.type == ServiceType::kUnix && among(kTransports, entry.command))
    return ServiceRole::kTransport;
  return among(kInternal, entry.command) ? ServiceRole::kNoEffect : ServiceRole::kUnsupported;
}

MasterCf MasterCf::parse(std::string_view text, const std::string& file, Diagnostics& diagnostics,
                         const FileLimits& limits) {
  MasterCf result;
  for (const LogicalLine& line : read_logical_lines(text, file, diagnostics, limits)) {
    ServiceEntry entry;
    entry.place = {file, line.first_line};
    const auto words = split_words(line.text, kBlanks);
    Result<void> done = words ? parse_columns(*words, entry) : std::unexpected(words.error());
    if (done) done = parse_arguments(std::span(*words).subspan(8), entry);
    if (!done) {
      diagnostics.error(entry.place, "", done.error().context);
      continue;
    }
    entry.columns.assign(words->begin(), words->end());
    warn_about(entry, diagnostics);
    const auto earlier = std::find_if(
        result.entries_.begin(), result.entries_.end(),
        [&](const auto& each) { return each.name == entry.name && each.type == entry.type; });
    if (earlier == result.entries_.end()) {
      result.entries_.push_back(std::move(entry));
      continue;
    }
    diagnostics.warning(entry.place, "",
                        fmt::format("the service {} ({}) stands here and in line {}: the entry "
                                    "here counts",
                                    entry.name, to_string(entry.type), earlier->place.line));
    *earlier = std::move(entry);
  }
  return result;
}

MasterCf MasterCf::built_in() {
  constexpr std::string_view kText =
      "smtp inet n - y - - smtpd\n"
      "smtp unix - - y - - smtp\n"
      "relay unix - - y - - smtp\n"
      "lmtp unix - - y - - lmtp\n"
      "local unix - n n - - local\n"
      "virtual unix - n n - - virtual\n"
      "discard unix - - y - - discard\n"
      "error unix - - y - - error\n"
      "retry unix - - y - - error\n";
  Diagnostics none;
  return parse(kText, "built-in master.cf", none);
}

const ServiceEntry* MasterCf::find(std::string_view name, ServiceType type) const {
  for (const ServiceEntry& each : entries_)
    if (each.name == name && each.type == type) return &each;
  return nullptr;
}

const ServiceEntry* MasterCf::find_transport(std::string_view name) const {
  const ServiceEntry* entry = find(name, ServiceType::kUnix);
  return entry && service_role(*entry) == ServiceRole::kTransport ? entry : nullptr;
}

std::vector<SmtpListener> smtp_listeners(const MasterCf& master) {
  std::vector<SmtpListener> listeners;
  const ServiceEntry* passed = nullptr;
  for (const ServiceEntry& each : master.entries())
    if (!passed && service_role(each) == ServiceRole::kPassedSmtpd) passed = &each;
  for (const ServiceEntry& each : master.entries()) {
    const ServiceRole role = service_role(each);
    if (role == ServiceRole::kSmtpListener) listeners.push_back({&each, &each, false});
    if (role == ServiceRole::kPostscreen)
      listeners.push_back({&each, passed ? passed : &each, true});
  }
  return listeners;
}

}  // namespace postern::config
