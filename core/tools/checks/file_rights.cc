// Who may change what the engine trusts, and who may read its keys.

#include <sys/stat.h>

#include <set>

#include "core/config/params.h"
#include "core/tools/checks/findings.h"

namespace postern::tools {
namespace {

namespace params = config::params;

void check_trusted(const std::string& path, Findings& findings) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0) return;  // the table check says so
  if ((info.st_mode & S_IWOTH) != 0)
    findings.error(path, "", "everybody can change it: chmod o-w {}", path);
  else if ((info.st_mode & S_IWGRP) != 0 && info.st_gid != 0)
    findings.warning(path, "", "group {} can change it", info.st_gid);
}

void check_key(const std::string& path, Findings& findings) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0) return;
  if ((info.st_mode & S_IROTH) != 0)
    findings.error(path, "", "everybody can read this private key: chmod 0600 {}", path);
}

}  // namespace

void check_file_rights(const Site& site, Findings& findings) {
  check_trusted(site.config_directory, findings);
  check_trusted(site.config_directory + "/main.cf", findings);
  check_trusted(site.config_directory + "/master.cf", findings);
  std::set<std::string> tables, keys;
  const auto note_table = [&tables](const config::TableName& table) {
    if (!table.name.starts_with('/')) return;
    tables.insert(table.type == "lmdb" ? table.name + ".lmdb" : table.name);
  };
  for (const SettingsView& view : all_views(site.settings())) {
    for (const config::Parameter* each : config::all_parameters())
      if (each->kind() == config::Kind::kTables)
        for (const config::TableName& table : view.settings.get(
                 static_cast<const config::TypedParameter<config::TableList>&>(*each)))
          note_table(table);
    const std::string& certificate = view.settings.get(params::smtpd_tls_cert_file);
    std::string key = view.settings.get(params::smtpd_tls_key_file);
    if (key.empty()) key = certificate;
    if (!certificate.empty() && key != "none") keys.insert(key);
    for (const std::string& chain : view.settings.get(params::smtpd_tls_chain_files))
      keys.insert(chain);
  }
  for (const std::string& table : tables)
    check_trusted(table, findings);
  for (const std::string& key : keys)
    check_key(key, findings);
}

}  // namespace postern::tools
