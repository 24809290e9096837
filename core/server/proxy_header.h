// The header of the PROXY protocol, version 1 (text) and 2 (binary), with which a load balancer
// says whom it speaks for.  The reader takes no octet behind the header: what follows may be a TLS
// handshake, which only the TLS layer may read.
// Not here: who may send one; the listener is configured for it.
// HAProxy's proxy-protocol.txt.  Pure; bounded; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::server {

struct ProxyAddresses {
  // The proxy speaks for itself (health check) or for an unknown client: use the connection's own.
  bool is_local = false;
  std::string source;  // numeric address
  std::uint16_t source_port = 0;
  std::string destination;
  std::uint16_t destination_port = 0;
};

class ProxyHeaderReader {
 public:
  // Version 2 allows 64 KiB of extensions; none that we use comes near this.
  static constexpr std::size_t kMaxOctets = 2048;
  static constexpr std::size_t kMaxTextOctets = 107;

  enum class Status { kNeedMore, kDone, kBad };

  // How many octets may be read now without reading past the header; at least 1 with kNeedMore.
  std::size_t wanted() const;
  // `octets`: at most wanted().
  Status feed(std::string_view octets);
  const ProxyAddresses& addresses() const { return addresses_; }  // with kDone

 private:
  Status parse_text();
  Status parse_binary();

  std::string header_;
  ProxyAddresses addresses_;
};

}  // namespace postern::server
