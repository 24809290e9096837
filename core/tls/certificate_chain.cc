#include "core/tls/certificate_chain.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "core/base/unique_fd.h"

namespace postern::tls {
namespace {

constexpr std::size_t kMaxFileOctets = 1 << 20;

// One "-----BEGIN name-----" block.
struct Block {
  std::string name;
  std::string header;
  std::string octets;  // DER

  bool is_certificate() const {
    return name == PEM_STRING_X509 || name == PEM_STRING_X509_OLD ||
           name == PEM_STRING_X509_TRUSTED;
  }
  bool is_key() const { return name.ends_with("PRIVATE KEY"); }
  bool is_encrypted() const {
    return name.starts_with("ENCRYPTED") || header.contains("ENCRYPTED");
  }
};

struct Chain {
  KeyHandle key;
  std::vector<CertificateHandle> certificates;  // the server's own first
};

Result<void> check_mode(const struct stat& info, const std::string& file) {
  if (!S_ISREG(info.st_mode)) return fail(ErrorKind::kInvalid, "{}: not a file", file);
  if (info.st_size > static_cast<off_t>(kMaxFileOctets))
    return fail(ErrorKind::kLimit, "{}: larger than {} octets, so not a certificate", file,
                kMaxFileOctets);
  return {};
}

Result<std::string> read_file(const std::string& file, struct stat& info) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return fail_errno("certificate or key " + file);
  if (::fstat(fd.get(), &info) != 0) return fail_errno(file);
  if (auto checked = check_mode(info, file); !checked) return std::unexpected(checked.error());
  std::string octets(kMaxFileOctets + 1, '\0');
  std::size_t size = 0;
  while (size < octets.size()) {
    const ssize_t count = ::read(fd.get(), octets.data() + size, octets.size() - size);
    if (count == 0) break;
    if (count < 0 && errno != EINTR) return fail_errno("reading " + file);
    if (count > 0) size += static_cast<std::size_t>(count);
  }
  octets.resize(size);
  return octets;
}

Result<std::vector<Block>> read_blocks(const std::string& file) {
  struct stat info;
  auto octets = read_file(file, info);
  if (!octets) return std::unexpected(octets.error());
  const BioHandle in(BIO_new_mem_buf(octets->data(), static_cast<int>(octets->size())));
  std::vector<Block> blocks;
  for (;;) {
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    if (PEM_read_bio(in.get(), &name, &header, &data, &size) != 1) break;
    blocks.push_back(
        {name, header, std::string(reinterpret_cast<char*>(data), static_cast<std::size_t>(size))});
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));
  }
  OPENSSL_cleanse(octets->data(), octets->size());
  const bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string reason = openssl_reason();
  if (!is_end) return fail(ErrorKind::kInvalid, "{}: damaged PEM: {}", file, reason);
  if (blocks.empty())
    return fail(ErrorKind::kInvalid,
                "{}: not PEM: there is no \"-----BEGIN\" line; DER and PKCS#12 files need "
                "converting (openssl x509, openssl pkcs12)",
                file);
  const bool holds_key =
      std::any_of(blocks.begin(), blocks.end(), [](const Block& block) { return block.is_key(); });
  if (holds_key && (info.st_mode & S_IROTH) != 0)
    return fail(ErrorKind::kPermission,
                "{}: everybody on this machine can read the private key; chmod 640 it", file);
  return blocks;
}

Result<KeyHandle> to_key(const Block& block, const std::string& file) {
  if (block.is_encrypted())
    return fail(ErrorKind::kInvalid,
                "{}: the private key asks for a pass phrase; write it without one (openssl pkey)",
                file);
  const BioHandle in(BIO_new_mem_buf(block.octets.data(), static_cast<int>(block.octets.size())));
  KeyHandle key(d2i_PrivateKey_bio(in.get(), nullptr));
  if (!key) return fail(ErrorKind::kInvalid, "{}: damaged private key: {}", file, openssl_reason());
  return key;
}

Result<CertificateHandle> to_certificate(const Block& block, const std::string& file) {
  const auto* data = reinterpret_cast<const unsigned char*>(block.octets.data());
  const long size = static_cast<long>(block.octets.size());
  CertificateHandle certificate(block.name == PEM_STRING_X509_TRUSTED
                                    ? d2i_X509_AUX(nullptr, &data, size)
                                    : d2i_X509(nullptr, &data, size));
  if (!certificate)
    return fail(ErrorKind::kInvalid, "{}: damaged certificate: {}", file, openssl_reason());
  return certificate;
}

// The chains of one file that holds both.  With one key its place does not matter; with several,
// each key stands before its certificates.
Result<std::vector<Chain>> split(const std::vector<Block>& blocks, const std::string& file) {
  std::vector<Chain> chains;
  const auto keys = std::count_if(blocks.begin(), blocks.end(),
                                  [](const Block& block) { return block.is_key(); });
  if (keys > 1 && blocks.front().is_certificate())
    return fail(ErrorKind::kInvalid, "{}: each key must stand before its certificates", file);
  chains.emplace_back();
  for (const Block& block : blocks) {
    if (block.is_key()) {
      auto key = to_key(block, file);
      if (!key) return std::unexpected(key.error());
      if (chains.back().key) chains.emplace_back();
      chains.back().key = std::move(*key);
    } else if (block.is_certificate()) {
      auto certificate = to_certificate(block, file);
      if (!certificate) return std::unexpected(certificate.error());
      chains.back().certificates.push_back(std::move(*certificate));
    }
  }
  return chains;
}

Result<std::vector<Chain>> read_chains(const CertificateFiles& files) {
  auto blocks = read_blocks(files.certificate);
  if (!blocks) return std::unexpected(blocks.error());
  if (files.key.empty() || files.key == files.certificate) return split(*blocks, files.certificate);
  // The certificate's file may hold a key as well; the one named as the key counts.
  std::erase_if(*blocks, [](const Block& block) { return block.is_key(); });
  auto key_blocks = read_blocks(files.key);
  if (!key_blocks) return std::unexpected(key_blocks.error());
  std::erase_if(*key_blocks, [](const Block& block) { return !block.is_key(); });
  auto chains = split(*blocks, files.certificate);
  if (!chains || key_blocks->empty()) return chains;
  auto key = to_key(key_blocks->front(), files.key);
  if (!key) return std::unexpected(key.error());
  chains->front().key = std::move(*key);
  return chains;
}

std::string time_text(const ASN1_TIME* time) {
  const BioHandle out(BIO_new(BIO_s_mem()));
  ASN1_TIME_print(out.get(), time);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

void check_validity(const Chain& chain, const std::string& file,
                    std::vector<std::string>& warnings) {
  for (const CertificateHandle& certificate : chain.certificates) {
    const ASN1_TIME* const until = X509_get0_notAfter(certificate.get());
    const ASN1_TIME* const from = X509_get0_notBefore(certificate.get());
    if (X509_cmp_current_time(until) < 0)
      warnings.push_back(
          fmt::format("{}: a certificate has expired on {}; peers that verify it refuse TLS", file,
                      time_text(until)));
    if (X509_cmp_current_time(from) > 0)
      warnings.push_back(fmt::format(
          "{}: a certificate is not valid before {}; is the clock right?", file, time_text(from)));
  }
}

Result<void> use(SSL_CTX* context, Chain& chain, const CertificateFiles& files) {
  const std::string& key_file = files.key.empty() ? files.certificate : files.key;
  if (chain.certificates.empty())
    return fail(ErrorKind::kInvalid, "{}: holds no certificate", files.certificate);
  if (!chain.key) return fail(ErrorKind::kInvalid, "{}: holds no private key", key_file);
  X509* const own = chain.certificates.front().get();
  if (X509_check_private_key(own, chain.key.get()) != 1) {
    ERR_clear_error();
    return fail(ErrorKind::kInvalid,
                "{}: the private key is not that of the first certificate in {}; the server's own "
                "certificate must come first, then its chain",
                key_file, files.certificate);
  }
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> rest(
      sk_X509_new_null(), [](STACK_OF(X509) * stack) { sk_X509_free(stack); });
  for (std::size_t i = 1; i < chain.certificates.size(); ++i)
    sk_X509_push(rest.get(), chain.certificates[i].get());
  constexpr int kNoOverride = 0;  // a second chain of the same key type is a mistake
  if (SSL_CTX_use_cert_and_key(context, own, chain.key.get(), rest.get(), kNoOverride) != 1)
    return fail(ErrorKind::kInvalid, "{}: {}", files.certificate, openssl_reason());
  return {};
}

}  // namespace

Result<void> use_chain(SSL_CTX* context, const CertificateFiles& files,
                       std::vector<std::string>& warnings) {
  auto chains = read_chains(files);
  if (!chains) return std::unexpected(chains.error());
  for (Chain& chain : *chains) {
    if (auto used = use(context, chain, files); !used) return used;
    check_validity(chain, files.certificate, warnings);
  }
  return {};
}

}  // namespace postern::tls
