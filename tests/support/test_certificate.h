// Certificates for tests: a fresh key and a self-signed (or CA-signed) certificate, made in memory,
// in PEM.  Only for tests of core/tls and above; the test must link OpenSSL (postern_tls does).
#pragma once

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "tests/support/temp_dir.h"

namespace postern::testing {

struct CertificateOptions {
  std::string common_name = "localhost";
  std::string subject_alternative_names = "DNS:localhost,IP:127.0.0.1";
  bool is_rsa = false;              // else ECDSA on P-256
  long valid_from_seconds = -3600;  // from now
  long valid_until_seconds = 86'400;
  bool is_authority = false;
};

class TestCertificate {
 public:
  // Self-signed, or signed by `issuer`.
  explicit TestCertificate(const CertificateOptions& options = {},
                           const TestCertificate* issuer = nullptr)
      : key_(options.is_rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256")), certificate_(X509_new()) {
    X509* const cert = certificate_.get();
    X509_set_version(cert, 2);
    static long serial = 1;
    ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(cert), options.valid_from_seconds);
    X509_gmtime_adj(X509_getm_notAfter(cert), options.valid_until_seconds);
    X509_set_pubkey(cert, key_.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(options.common_name.data()),
                               static_cast<int>(options.common_name.size()), -1, 0);
    X509* const signer = issuer ? issuer->certificate_.get() : cert;
    X509_set_issuer_name(cert, X509_get_subject_name(signer));
    if (!options.subject_alternative_names.empty())
      extend(signer, NID_subject_alt_name, options.subject_alternative_names);
    if (options.is_authority) extend(signer, NID_basic_constraints, "critical,CA:TRUE");
    if (X509_sign(cert, issuer ? issuer->key_.get() : key_.get(), EVP_sha256()) == 0)
      throw std::runtime_error("X509_sign");
  }

  std::string certificate_pem() const {
    return pem([this](BIO* out) { return PEM_write_bio_X509(out, certificate_.get()); });
  }
  std::string key_pem() const {
    return pem([this](BIO* out) {
      return PEM_write_bio_PrivateKey(out, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }
  // Files NAME.pem and NAME.key (mode 0600) in `directory`.
  struct Files {
    std::string certificate;
    std::string key;
  };
  Files write(const TempDir& directory, const std::string& name = "server") const {
    Files files{directory.write(name + ".pem", certificate_pem()),
                directory.write(name + ".key", key_pem())};
    ::chmod(files.key.c_str(), 0600);
    return files;
  }

 private:
  template <typename F>
  static std::string pem(F write) {
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), &BIO_free_all);
    if (write(out.get()) != 1) throw std::runtime_error("PEM");
    char* octets = nullptr;
    const long size = BIO_get_mem_data(out.get(), &octets);
    return std::string(octets, static_cast<std::size_t>(size));
  }
  void extend(X509* signer, int what, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, signer, certificate_.get(), nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
    if (extension == nullptr) throw std::runtime_error("certificate extension " + value);
    X509_add_ext(certificate_.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }

  struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  struct FreeCertificate {
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  std::unique_ptr<EVP_PKEY, FreeKey> key_;
  std::unique_ptr<X509, FreeCertificate> certificate_;
};

}  // namespace postern::testing
