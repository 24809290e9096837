// Loads certificates and keys as the engine would: what it could not use is an error here.

#include <set>

#include "core/config/params.h"
#include "core/tls/context.h"
#include "core/tools/checks/findings.h"

namespace postern::tools {
namespace {

namespace params = config::params;

// smtpd_tls_chain_files lists keys and chains in one row: each file that holds a key begins a
// chain.  A file alone may hold both.
std::vector<tls::CertificateFiles> chains_of(const config::Settings& settings) {
  std::vector<tls::CertificateFiles> out;
  const config::StringList& files = settings.get(params::smtpd_tls_chain_files);
  for (const std::string& file : files)
    out.push_back({file, file});
  if (!out.empty()) return out;
  const std::string& certificate = settings.get(params::smtpd_tls_cert_file);
  if (certificate.empty() || certificate == "none") return out;
  const std::string& key = settings.get(params::smtpd_tls_key_file);
  out.push_back({certificate, key.empty() ? certificate : key});
  return out;
}

}  // namespace

void check_certificates(const Site& site, Findings& findings) {
  std::set<std::string> seen;
  for (const SettingsView& view : all_views(site.settings())) {
    const auto level = view.settings.get(params::smtpd_tls_security_level);
    const std::vector<tls::CertificateFiles> chains = chains_of(view.settings);
    const std::string place = place_of(view.settings, "smtpd_tls_cert_file");
    if (chains.empty()) {
      const bool is_wanted =
          level == config::TlsLevel::kEncrypt || view.settings.get(params::smtpd_tls_wrappermode);
      if (is_wanted && !view.service.empty())
        findings.error(place, "smtpd_tls_cert_file", "{} demands TLS and there is no certificate",
                       view.service);
      continue;
    }
    for (const tls::CertificateFiles& files : chains) {
      if (!seen.insert(files.certificate + "\n" + files.key).second) continue;
      tls::ServerOptions options;
      options.chains = {files};
      options.listener = "check";
      if (const auto context = tls::ServerContext::make(options); !context)
        findings.error(place, "smtpd_tls_cert_file", "{}", context.error().describe());
    }
  }
}

}  // namespace postern::tools
