// TLS contexts: certificates, keys, versions and ciphers, loaded once, shared by sessions.
// ServerContext: no compression, no renegotiation, no 0-RTT; session tickets under in-memory keys
// that rotate and are bound to the listener.  Immutable after make(); thread-safe.
// OpenSSL types stay in core/tls/*.cc.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/tls/tls_options.h"

namespace postern::tls {

class ServerContext {
 public:
  // Blocks (reads files).  kInvalid, kPermission, kNotFound, kLimit: the text names the file, what
  // is wrong with it (key does not match, not PEM, key readable by everybody) and the remedy.
  static Result<std::shared_ptr<const ServerContext>> make(ServerOptions options);
  ~ServerContext();
  // What works but needs the operator: a certificate that has expired.  make() has logged it.
  const std::vector<std::string>& warnings() const;

  struct Native;  // for core/tls only
  const Native& native() const { return *native_; }

 private:
  explicit ServerContext(std::unique_ptr<Native> native);
  std::unique_ptr<Native> native_;
};

class ClientContext {
 public:
  // Blocks (reads files).  kInvalid: the file or directory of authorities cannot be used.
  static Result<std::shared_ptr<const ClientContext>> make(ClientOptions options);
  ~ClientContext();

  struct Native;
  const Native& native() const { return *native_; }

 private:
  explicit ClientContext(std::unique_ptr<Native> native);
  std::unique_ptr<Native> native_;
};

}  // namespace postern::tls
