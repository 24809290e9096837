#include <fmt/format.h>

#include "core/tls/tls_stream.h"

namespace postern::tls {

std::string SessionInfo::describe() const {
  return fmt::format("{} with cipher {} ({}/{} bits)", protocol, cipher, cipher_bits,
                     algorithm_bits);
}

}  // namespace postern::tls
