// SmtpTransport: mail to the next hop by SMTP or LMTP: finds the servers, connects or takes an idle
// connection of the lane, runs one transaction for all recipients, and turns to the next server
// with those that none has answered for good.
// Not here: retry over time, concurrency, feedback (queue/), DSNs (delivery/dsn).
// deliver() runs on any loop, many at a time; a connection stays with the loop that made it.
// Loops, resolver and pool outlive the transport, and the transport outlives its attempts: engine
// waits for them.  Idle connections are closed on their own loops.
// RFC 5321, RFC 2033 (LMTP), RFC 2920, RFC 3207, RFC 3461.  Postfix: smtp(8), lmtp(8).
#pragma once

#include <memory>

#include "core/delivery/smtp/smtp_client_options.h"
#include "core/delivery/transport.h"
#include "core/dns/resolver.h"
#include "core/net/blocking_pool.h"
#include "core/tls/context.h"

namespace postern::delivery {

// Null members: the TLS engine is unavailable; mail that may go without goes without.
struct SmtpTlsContexts {
  std::shared_ptr<const tls::ClientContext> opportunistic;  // smtp_tls_protocols, _ciphers
  std::shared_ptr<const tls::ClientContext> mandatory;      // smtp_tls_mandatory_protocols, ...
};

class SmtpTransport final : public Transport {
 public:
  SmtpTransport(SmtpClientOptions options, dns::Resolver& resolver, net::BlockingPool& pool,
                SmtpTlsContexts tls);
  ~SmtpTransport() override;

  net::Task<mail::AttemptResult> deliver(net::Loop& loop, mail::Attempt attempt) override;

  // Sends QUIT on all idle connections and closes them; for reload and stop.  Thread-safe.
  void close_idle();

  struct Shared;  // for core/delivery/smtp only

 private:
  std::shared_ptr<Shared> shared_;
};

}  // namespace postern::delivery
