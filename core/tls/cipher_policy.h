// The versions, cipher suites, groups and options of one context, either side.
// Source: RFC 9325 (recommendations for TLS), RFC 8446.
#pragma once

#include "core/base/result.h"
#include "core/tls/openssl_handles.h"
#include "core/tls/tls_options.h"

namespace postern::tls {

// A new context under the policy.  kInvalid: OpenSSL of this system cannot.
Result<ContextHandle> make_context(const SSL_METHOD* method, VersionRange versions,
                                   CipherGrade grade);

}  // namespace postern::tls
