#include "core/tls/ticket_keys.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <string>

#include "core/base/check.h"

namespace postern::tls {
namespace {

template <std::size_t N>
std::array<unsigned char, N> derive(const std::array<unsigned char, 32>& master, char label,
                                    std::string_view purpose) {
  std::string text(1, label);
  text += purpose;
  std::array<unsigned char, EVP_MAX_MD_SIZE> out;
  unsigned size = 0;
  POSTERN_CHECK(HMAC(EVP_sha256(), master.data(), static_cast<int>(master.size()),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data(),
                     &size) != nullptr &&
                size >= N);
  std::array<unsigned char, N> key;
  std::copy_n(out.begin(), N, key.begin());
  OPENSSL_cleanse(out.data(), out.size());
  return key;
}

TicketKey key_for(const std::array<unsigned char, 32>& master, std::string_view purpose) {
  return {derive<16>(master, 'n', purpose), derive<32>(master, 'c', purpose),
          derive<32>(master, 'm', purpose)};
}

template <typename Key>
void wipe(std::optional<Key>& key) {
  if (key) OPENSSL_cleanse(key->data(), key->size());
  key.reset();
}

}  // namespace

TicketKey::~TicketKey() {
  OPENSSL_cleanse(cipher_key.data(), cipher_key.size());
  OPENSSL_cleanse(mac_key.data(), mac_key.size());
}

TicketKeys::~TicketKeys() {
  wipe(current_);
  wipe(previous_);
}

TicketKeys& TicketKeys::of_process() {
  static TicketKeys keys;
  return keys;
}

void TicketKeys::roll(SteadyTime now) {
  if (current_ && now < began_ + kPeriod) return;
  wipe(previous_);
  if (current_ && now < began_ + 2 * kPeriod) {
    previous_ = *current_;
    began_ += kPeriod;
  } else {
    began_ = now;
  }
  wipe(current_);
  current_.emplace();
  POSTERN_CHECK(RAND_priv_bytes(current_->data(), static_cast<int>(current_->size())) == 1);
}

TicketKey TicketKeys::current(std::string_view purpose) {
  const std::lock_guard lock(mutex_);
  roll(clock_.steady());
  return key_for(*current_, purpose);
}

std::optional<TicketKeys::Found> TicketKeys::find(std::string_view purpose,
                                                  const unsigned char* name) {
  const std::lock_guard lock(mutex_);
  roll(clock_.steady());
  for (const bool is_old : {false, true}) {
    const auto& master = is_old ? previous_ : current_;
    if (!master) continue;
    const auto expected = derive<16>(*master, 'n', purpose);
    if (CRYPTO_memcmp(expected.data(), name, expected.size()) == 0)
      return Found{key_for(*master, purpose), is_old};
  }
  return std::nullopt;
}

}  // namespace postern::tls
