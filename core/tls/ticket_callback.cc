#include "core/tls/ticket_callback.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

namespace postern::tls {
namespace {

// SSL_CTX_set_tlsext_ticket_key_evp_cb(3).
enum Outcome { kFailed = -1, kNoTicket = 0, kUse = 1, kUseAndRenew = 2 };

bool set_mac_key(EVP_MAC_CTX* mac, TicketKey& key) {
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac_key.data(), key.mac_key.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_END};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

Outcome seal(TicketKeys& keys, std::string_view purpose, unsigned char* name, unsigned char* iv,
             EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  TicketKey key = keys.current(purpose);
  const EVP_CIPHER* const algorithm = EVP_aes_256_cbc();
  if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(algorithm)) != 1) return kFailed;
  std::copy(key.name.begin(), key.name.end(), name);
  const bool is_set =
      EVP_EncryptInit_ex(cipher, algorithm, nullptr, key.cipher_key.data(), iv) == 1 &&
      set_mac_key(mac, key);
  return is_set ? kUse : kFailed;
}

Outcome open(TicketKeys& keys, std::string_view purpose, const unsigned char* name,
             const unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  auto found = keys.find(purpose, name);
  if (!found) return kNoTicket;  // another listener's, another name's, or too old
  const bool is_set = EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr,
                                         found->key.cipher_key.data(), iv) == 1 &&
                      set_mac_key(mac, found->key);
  if (!is_set) return kFailed;
  return found->is_old ? kUseAndRenew : kUse;
}

int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
              EVP_MAC_CTX* mac, int is_sealing) noexcept {
  const auto& handshake = *static_cast<const ServerHandshake*>(SSL_get_app_data(ssl));
  const ServerOptions& options = handshake.context->options;
  TicketKeys& keys = options.ticket_keys ? *options.ticket_keys : TicketKeys::of_process();
  // NUL stands in neither part, so no two pairs make the same text.
  const std::string purpose = options.listener + '\0' + handshake.server_name;
  return is_sealing != 0 ? seal(keys, purpose, name, iv, cipher, mac)
                         : open(keys, purpose, name, iv, cipher, mac);
}

}  // namespace

void use_tickets(const ServerContext::Native& native) {
  SSL_CTX* const context = native.context.get();
  // OpenSSL wants some name for the sessions of one service; the digest fits its 32 octets.
  std::array<unsigned char, EVP_MAX_MD_SIZE> id;
  unsigned size = 0;
  const std::string& listener = native.options.listener;
  EVP_Digest(listener.data(), listener.size(), id.data(), &size, EVP_sha256(), nullptr);
  SSL_CTX_set_session_id_context(context, id.data(), size);
  SSL_CTX_set_timeout(context, TicketKeys::kPeriod.count());
  SSL_CTX_set_num_tickets(context, 1);  // an SMTP client opens no two sessions with one handshake
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &on_ticket);
}

}  // namespace postern::tls
