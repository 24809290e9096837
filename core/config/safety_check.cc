#include "core/config/safety_check.h"

#include <string_view>

#include "core/config/params.h"

namespace postern::config {
namespace {

// Table types of Postfix that reach into databases which Postern does not link.
constexpr std::string_view kMissingTypes[] = {
    "cdb",     "dbm", "ldap",    "memcache", "mongodb", "mysql",
    "netinfo", "nis", "nisplus", "pgsql",    "sdbm",    "sqlite",
};

bool is_missing(std::string_view type) {
  for (std::string_view each : kMissingTypes)
    if (each == type) return true;
  return false;
}

// What happens to a stranger's mail for a foreign domain when this list alone decides.
bool refuses_strangers(const RestrictionList& list) {
  for (const Restriction& each : list) {
    if (each.warn_only) continue;
    if (each.name == "permit") return false;
    for (const std::string_view guard :
         {"reject", "defer", "defer_if_permit", "reject_unauth_destination",
          "defer_unauth_destination", "check_relay_domains"})
      if (each.name == guard) return true;
  }
  return false;
}

void check_type(const Settings& settings, const Parameter& parameter, std::string_view type,
                Diagnostics& diagnostics) {
  const Assignment* set = settings.find_assignment(parameter.name());
  if (!set || !is_missing(type)) return;
  diagnostics.error(set->place, parameter.name(),
                    fmt::format("tables of type {} can't be opened: export the data to a file and "
                                "use hash:, lmdb: or texthash:",
                                type));
}

void check_tables(const Settings& settings, Diagnostics& diagnostics) {
  for (const Parameter* each : all_parameters()) {
    if (each->kind() == Kind::kTables) {
      for (const TableName& table :
           settings.get(static_cast<const TypedParameter<TableList>&>(*each)))
        check_type(settings, *each, table.type, diagnostics);
    } else if (each->kind() == Kind::kRestrictions) {
      for (const Restriction& restriction :
           settings.get(static_cast<const TypedParameter<RestrictionList>&>(*each))) {
        std::string_view table = restriction.argument;
        if (!restriction.name.starts_with("check_") || !restriction.name.ends_with("_access"))
          continue;
        if (table.starts_with("proxy:")) table.remove_prefix(6);
        check_type(settings, *each, table.substr(0, table.find(':')), diagnostics);
      }
    } else if (each->kind() == Kind::kList) {
      for (std::string_view word :
           settings.get(static_cast<const TypedParameter<StringList>&>(*each))) {
        if (word.starts_with("!")) word.remove_prefix(1);
        if (word.starts_with("proxy:")) word.remove_prefix(6);
        const std::size_t colon = word.find(':');
        if (colon != word.npos) check_type(settings, *each, word.substr(0, colon), diagnostics);
      }
    }
  }
}

}  // namespace

bool is_open_relay(const Settings& view) {
  return !refuses_strangers(view.get(params::smtpd_relay_restrictions)) &&
         !refuses_strangers(view.get(params::smtpd_recipient_restrictions));
}

void check_safety(const Settings& settings, Diagnostics& diagnostics) {
  check_tables(settings, diagnostics);
  for (const SmtpListener& listener : smtp_listeners(settings.master())) {
    const Settings view = settings.for_service(*listener.service);
    if (is_open_relay(view))
      diagnostics.error(
          listener.service->place, "smtpd_relay_restrictions",
          fmt::format("the listener {} would relay for everybody: smtpd_relay_restrictions or "
                      "smtpd_recipient_restrictions must hold reject_unauth_destination, "
                      "defer_unauth_destination or reject, with no permit before it",
                      listener.endpoint->name));
  }
  for (const std::string& network : settings.get(params::mynetworks)) {
    if (network != "0.0.0.0/0" && network != "[::]/0" && network != "::/0") continue;
    const Assignment* set = settings.find_assignment("mynetworks");
    diagnostics.warning(set ? set->place : SourcePlace{}, "mynetworks",
                        fmt::format("{} trusts every client: with permit_mynetworks this is an "
                                    "open relay",
                                    network));
  }
}

}  // namespace postern::config
