// SmtpConnector: from an address to a connection that is ready for MAIL: connect, greeting, EHLO
// (or HELO, LHLO), STARTTLS as the level asks, and EHLO again under TLS.
// Immutable; used on any loop.
#pragma once

#include <expected>
#include <memory>

#include "core/delivery/smtp/smtp_client_options.h"
#include "core/delivery/smtp/smtp_connection.h"
#include "core/delivery/smtp/smtp_transport.h"

namespace postern::delivery {

using ConnectionResult = std::expected<std::unique_ptr<SmtpConnection>, PeerFault>;

// One server to try.
struct SmtpTarget {
  std::string host;  // for the log, and as the server's name under TLS
  net::SocketAddress address;
  std::string domain;        // the next hop, for "mail for X loops back to myself"
  bool checks_loop = false;  // the port is one of ours: a server with our own name is ourselves
  bool is_best = false;      // no better server is known
};

PeerLabel label_of(const SmtpTarget& target);

class SmtpConnector {
 public:
  // Both outlive it.
  SmtpConnector(const SmtpClientOptions& options, const SmtpTlsContexts& tls)
      : options_(options), tls_(tls) {}

  // `tls` kMay: where TLS is offered but can't be had, a second connection goes without (RFC 7435).
  // Every fault counts for the server as a whole.
  net::Task<ConnectionResult> open(net::Loop& loop, SmtpTarget target,
                                   mail::TlsRequirement tls) const;

 private:
  // As open(), once; `out_tls_failed`: TLS was tried and is to blame.
  net::Task<ConnectionResult> open_once(net::Loop& loop, const SmtpTarget& target,
                                        mail::TlsRequirement tls, bool& out_tls_failed) const;
  net::Task<ConnectionResult> dial(net::Loop& loop, const SmtpTarget& target) const;
  net::Task<std::expected<void, PeerFault>> greet(SmtpConnection& connection,
                                                  const SmtpTarget& target) const;
  net::Task<std::expected<void, PeerFault>> hello(SmtpConnection& connection,
                                                  const SmtpTarget& target) const;
  net::Task<std::expected<void, PeerFault>> start_tls(SmtpConnection& connection,
                                                      const SmtpTarget& target,
                                                      mail::TlsRequirement tls,
                                                      bool& out_tls_failed) const;

  const SmtpClientOptions& options_;
  const SmtpTlsContexts& tls_;
};

}  // namespace postern::delivery
