// Owners of OpenSSL's objects, and its errors as text.  For core/tls only: no other folder sees an
// OpenSSL type.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace postern::tls {

template <auto Free>
struct FreeBy {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using BioHandle = std::unique_ptr<BIO, FreeBy<&BIO_free_all>>;
using CertificateHandle = std::unique_ptr<X509, FreeBy<&X509_free>>;
using ContextHandle = std::unique_ptr<SSL_CTX, FreeBy<&SSL_CTX_free>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, FreeBy<&EVP_PKEY_free>>;
using SslHandle = std::unique_ptr<SSL, FreeBy<&SSL_free>>;

// Why OpenSSL's last call on this thread failed, "no shared cipher"; empties its error queue.
std::string openssl_reason();

}  // namespace postern::tls
