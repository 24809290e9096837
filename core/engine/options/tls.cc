#include "core/engine/options/tls.h"

#include "core/config/params.h"
#include "core/engine/options/text.h"
#include "core/maps/table_list.h"

namespace postern::engine {
namespace {
namespace params = config::params;

tls::CipherGrade grade(config::CipherGrade value) {
  return value == config::CipherGrade::kMedium ? tls::CipherGrade::kMedium
                                               : tls::CipherGrade::kHigh;
}

Result<tls::VersionRange> versions(const config::Settings& view,
                                   const config::TypedParameter<config::StringList>& parameter) {
  auto parsed = tls::parse_protocols(view.get(parameter));
  if (!parsed) return fail(parsed.error().kind, "{}: {}", parameter.name(), parsed.error().context);
  return parsed;
}

// smtpd_tls_chain_files holds key and chain in each file; the older pair has a file for each.
std::vector<tls::CertificateFiles> chains_of(const config::Settings& view) {
  std::vector<tls::CertificateFiles> out;
  for (const std::string& file : view.get(params::smtpd_tls_chain_files))
    out.push_back({file, file});
  const std::string& certificate = view.get(params::smtpd_tls_cert_file);
  if (out.empty() && !certificate.empty() && certificate != "none") {
    const std::string& key = view.get(params::smtpd_tls_key_file);
    out.push_back({certificate, key.empty() ? certificate : key});
  }
  return out;
}

}  // namespace

Result<std::optional<tls::ServerOptions>> tls_server_options(const config::Settings& view,
                                                             std::string listener) {
  const config::TlsLevel level = view.get(params::smtpd_tls_security_level);
  const bool is_wrapped = view.get(params::smtpd_tls_wrappermode);
  if (level == config::TlsLevel::kNone && !is_wrapped) return std::nullopt;
  tls::ServerOptions out;
  out.chains = chains_of(view);
  if (out.chains.empty()) {
    // Postfix offers anonymous ciphers here; no client of today takes them.
    if (level == config::TlsLevel::kMay && !is_wrapped) return std::nullopt;
    return fail(ErrorKind::kInvalid,
                "{}: TLS is required but there is no certificate; set smtpd_tls_chain_files",
                listener);
  }
  const bool is_mandatory = level == config::TlsLevel::kEncrypt || is_wrapped;
  auto range = versions(
      view, is_mandatory ? params::smtpd_tls_mandatory_protocols : params::smtpd_tls_protocols);
  if (!range) return std::unexpected(range.error());
  out.versions = *range;
  out.ciphers = grade(
      view.get(is_mandatory ? params::smtpd_tls_mandatory_ciphers : params::smtpd_tls_ciphers));
  out.listener = std::move(listener);
  if (const std::string sni = text_of(view, params::tls_server_sni_maps); !sni.empty()) {
    auto opened = maps::TableList::open(sni);
    if (!opened)
      return fail(opened.error().kind, "tls_server_sni_maps: {}", opened.error().context);
    out.sni = [tables = std::move(*opened)](
                  const std::string& name) -> Result<std::optional<std::vector<std::string>>> {
      auto found = tables.lookup(name);
      if (!found) return std::unexpected(found.error());
      if (!*found) return std::nullopt;
      return config::parse_list(**found);
    };
  }
  return out;
}

Result<tls::ClientOptions> tls_client_options(const config::Settings& view, bool is_mandatory) {
  tls::ClientOptions out;
  auto range = versions(
      view, is_mandatory ? params::smtp_tls_mandatory_protocols : params::smtp_tls_protocols);
  if (!range) return std::unexpected(range.error());
  out.versions = *range;
  out.ciphers =
      grade(view.get(is_mandatory ? params::smtp_tls_mandatory_ciphers : params::smtp_tls_ciphers));
  out.ca_file = view.get(params::smtp_tls_CAfile);
  out.ca_path = view.get(params::smtp_tls_CApath);
  return out;
}

}  // namespace postern::engine
