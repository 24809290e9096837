// What is behind ServerContext and ClientContext.  For core/tls only.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/tls/context.h"
#include "core/tls/openssl_handles.h"
#include "core/tls/sni_contexts.h"
#include "core/tls/ticket_keys.h"

namespace postern::tls {

struct ServerContext::Native {
  explicit Native(ServerOptions values)
      : options(std::move(values)), sni_contexts(options.versions, options.ciphers) {}

  ServerOptions options;
  ContextHandle context;
  mutable SniContexts sni_contexts;
  std::vector<std::string> warnings;
};

struct ClientContext::Native {
  ContextHandle context;
  bool can_verify = false;  // has roots
};

// What the server's callbacks know of one handshake; the application data of its SSL.
struct ServerHandshake {
  const ServerContext::Native* context = nullptr;
  std::string server_name;
};

}  // namespace postern::tls
