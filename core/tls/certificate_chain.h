// Certificate chains and their keys from PEM files, with errors that tell the operator the file,
// what is wrong and what to do.  Blocks (reads files); for start-up, reload and the first use of an
// SNI name.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/tls/openssl_handles.h"
#include "core/tls/tls_options.h"

namespace postern::tls {

// Adds the chains in `files` to `context`.  One file may hold several chains, each behind its key
// (smtpd_tls_chain_files).  `warnings`: what works but needs the operator, a certificate that has
// expired.  kNotFound, kPermission (unreadable, or a key that everybody can read), kInvalid (no
// PEM, key and certificate do not match, encrypted key), kLimit (over 1 MiB).
Result<void> use_chain(SSL_CTX* context, const CertificateFiles& files,
                       std::vector<std::string>& warnings);

}  // namespace postern::tls
