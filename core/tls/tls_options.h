// What the operator can set of TLS, as main.cf has it; engine fills it.  Plain values.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace postern::tls {

class TicketKeys;

// Oldest and newest version that may be negotiated.  "smtpd_tls_protocols = >=TLSv1.2" and the
// older "!SSLv2, !TLSv1" forms are read by parse_protocols().
enum class Version { kTls10, kTls11, kTls12, kTls13 };
struct VersionRange {
  Version oldest = Version::kTls12;
  Version newest = Version::kTls13;
};
// `words`: the parameter's words.  kInvalid names the word and what would be right.  Versions
// before TLSv1.2 are given only where a word names them ("TLSv1", ">=TLSv1").
Result<VersionRange> parse_protocols(const std::vector<std::string>& words);

// kHigh: ECDHE and AEAD only (RFC 9325).  kMedium: adds what old peers need (CBC, RSA key
// exchange).
enum class CipherGrade { kMedium, kHigh };

// PEM files of one certificate chain and its key; they may be one file.
struct CertificateFiles {
  std::string certificate;
  std::string key;
};

struct ServerOptions {
  std::vector<CertificateFiles> chains;  // RSA and ECDSA side by side; at least one
  VersionRange versions;
  CipherGrade ciphers = CipherGrade::kHigh;
  std::string listener;  // tickets of one listener are no good at another (CVE-2021-3618 kin)
  // The keys that tickets are sealed under; nullptr: the process's own, so that tickets outlive a
  // reload.  Outlives the context.
  TicketKeys* ticket_keys = nullptr;
  // tls_server_sni_maps: the PEM chain files for a name (lower case, letters, digits, hyphens,
  // underscores and dots only), each with key, certificate and chain; nullopt: none.  Called in the
  // handshake, on any loop's thread.
  std::function<Result<std::optional<std::vector<std::string>>>(const std::string& name)> sni;
};

struct ClientOptions {
  VersionRange versions;
  CipherGrade ciphers = CipherGrade::kHigh;
  std::string ca_file;  // "" with ca_path "": no verification possible, only encryption
  std::string ca_path;
};

}  // namespace postern::tls
