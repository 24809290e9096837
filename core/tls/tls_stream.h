// TLS over a net::Stream.  The plain stream must hold no octets that were read and not used: what a
// peer sent in clear before the handshake must never be taken for text under TLS (CVE-2011-0411);
// the caller checks that and refuses.
#pragma once

#include <memory>
#include <string>

#include "core/net/stream.h"
#include "core/tls/context.h"

namespace postern::tls {

struct SessionInfo {
  std::string protocol;     // "TLSv1.3"
  std::string cipher;       // "TLS_AES_256_GCM_SHA384"
  int cipher_bits = 0;      // used
  int algorithm_bits = 0;   // of the algorithm
  std::string server_name;  // SNI, "" for none
  bool resumed = false;
  bool is_verified = false;  // the peer's certificate chains to a trusted root
  std::string peer_name;     // subject common name or "", printable
  // "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)", as Postfix has it in Received.
  std::string describe() const;
};

// try_read(): kInvalid for what is no valid TLS.  try_write(): after kWritable the next call begins
// with the same octets (they are encrypted already).
class TlsStream : public net::Stream {
 public:
  virtual const SessionInfo& info() const = 0;
};

// The server's and the client's handshake, within `deadline`.  Errors: kTimeout, kClosed, kInvalid
// with OpenSSL's reason.  The plain stream is gone in any case.
// `server_name`: for SNI (and later verification); "" for none.
net::Task<Result<std::unique_ptr<TlsStream>>> accept_tls(
    std::unique_ptr<net::Stream> plain, std::shared_ptr<const ServerContext> context,
    SteadyTime deadline);
net::Task<Result<std::unique_ptr<TlsStream>>> connect_tls(
    std::unique_ptr<net::Stream> plain, std::shared_ptr<const ClientContext> context,
    std::string server_name, SteadyTime deadline);

}  // namespace postern::tls
