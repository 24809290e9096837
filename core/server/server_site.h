// ServerSite: everything that the sessions of one listener share.  An immutable snapshot: a reload
// makes a new one, and a session keeps the one it began with.
// ServerResources: what all listeners share and what outlives every session.
#pragma once

#include <atomic>
#include <memory>

#include "core/base/clock.h"
#include "core/filter/chain.h"
#include "core/net/blocking_pool.h"
#include "core/net/permit.h"
#include "core/routing/directory.h"
#include "core/routing/restrictions.h"
#include "core/server/client_table.h"
#include "core/server/mail_sink.h"
#include "core/server/peer_names.h"
#include "core/server/server_options.h"
#include "core/tls/context.h"

namespace postern::server {

struct ServerResources {
  MailSink& sink;
  ClientTable& clients;
  net::Budget& memory;       // memory_budget: octets of messages in flight
  net::Budget& connections;  // connection_limit: sessions of all listeners together
  net::BlockingPool& pool;
  PeerNames* peer_names = nullptr;  // nullptr: every client is "unknown"
  const Clock& clock = Clock::system();
  // Set while the engine is overloaded: shorter timeouts, fewer errors.  nullptr: never.
  const std::atomic<bool>* stress = nullptr;
};

// smtpd_*_restrictions.
struct Restrictions {
  routing::RestrictionList client;       // smtpd_client_restrictions
  routing::RestrictionList helo;         // smtpd_helo_restrictions
  routing::RestrictionList sender;       // smtpd_sender_restrictions
  routing::RestrictionList relay;        // smtpd_relay_restrictions
  routing::RestrictionList recipient;    // smtpd_recipient_restrictions
  routing::RestrictionList data;         // smtpd_data_restrictions
  routing::RestrictionList end_of_data;  // smtpd_end_of_data_restrictions
};

struct ServerSite {
  ServerResources resources;
  ServerOptions options;
  std::shared_ptr<const routing::Directory> directory;
  Restrictions restrictions;
  std::shared_ptr<const tls::ServerContext> tls;  // nullptr: no TLS, whatever tls_level says
  filter::ChainFactory filters;                   // empty: no filters

  bool is_stressed() const {
    return resources.stress != nullptr && resources.stress->load(std::memory_order_relaxed);
  }
};

}  // namespace postern::server
