// Conversation: what the handlers of one session share: who the client is, the state machine, the
// transaction, the replies not yet sent, and the counts that end it.  No socket and no waiting:
// the coroutine shell (session.h) feeds it and sends what it says.
// For the session's loop.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/filter/chain.h"
#include "core/mail/envelope.h"
#include "core/net/address.h"
#include "core/routing/restrictions.h"
#include "core/server/command_tally.h"
#include "core/server/server_metrics.h"
#include "core/server/server_site.h"
#include "core/server/session_state.h"
#include "core/server/transaction.h"
#include "core/smtp/ehlo_reply.h"

namespace postern::server {

// What the lists of main.cf say of the client's address; asked once.
struct ClientStanding {
  bool is_submitter = false;  // missing header fields are added
  bool may_xclient = false;
  bool may_xforward = false;
  bool is_exempt_from_limits = false;
  BareNewline bare_newline = BareNewline::kReject;
};

// The client of our client, as XFORWARD tells it; for the log.
struct ForwardedClient {
  std::string name, address, port, protocol, helo, ident, source;
};

class Conversation {
 public:
  Conversation(std::shared_ptr<const ServerSite> site, const net::SocketAddress& peer);
  ~Conversation();

  const ServerSite& site() const { return *site_; }
  const ServerOptions& options() const { return site_->options; }
  const std::string& hostname() const { return options().identity.hostname; }

  // The client's address is known, or has changed (PROXY, XCLIENT).
  void adopt_client(std::string address, std::uint16_t port, std::string name,
                    std::string reverse_name);
  // "name[address]", as logs have it.
  const std::string& peer() const { return peer_; }
  mail::ClientInfo client;
  ClientStanding standing;
  std::unique_ptr<ForwardedClient> forwarded;
  std::unique_ptr<filter::Chain> chain;
  void begin_filters();  // a chain for a new client
  bool has_pipelined_early = false;

  SessionState state;
  std::unique_ptr<Transaction> transaction;
  mail::Recipient candidate;  // of the RCPT under way

  // The one reset: RSET, hello, STARTTLS, end of data, refusal of a message.
  void end_transaction();
  // With the hello forgotten too: STARTTLS, XCLIENT.
  void restart(bool is_tls);

  // Replies, gathered until the shell sends them.
  std::string output;
  void reply(const mail::Reply& reply);
  void reply_ok(std::string_view wire) { output += wire; }
  // The command is refused; it counts as an error.
  void refuse(const mail::Reply& reply, RefusalReason reason);
  // The client is told so, but it is not its mistake.
  void refuse_without_error(const mail::Reply& reply, RefusalReason reason);
  // As refuse(), and the session ends after it.
  void refuse_and_close(const mail::Reply& reply, RefusalReason reason);
  // A rejection by policy: as refuse(), with Postfix's "reject:" line.  `what`: "RCPT", "CONNECT".
  void reject(const mail::Rejection& rejection, RefusalReason reason, std::string_view what);

  bool command_failed = false;    // the command under way was refused
  bool command_is_error = false;  // and that counts as an error
  bool must_close = false;
  bool is_draining = false;  // the engine stops: 421 at the next command
  unsigned errors = 0;
  unsigned junk_commands = 0;
  std::size_t overshoot = 0;  // recipients beyond the limit
  CommandTally tally;
  std::string last_command = "CONNECT";  // for "lost connection after ..."

  smtp::OfferedExtensions offered() const;
  bool offers_tls() const;
  routing::RestrictionContext restriction_context() const;
  // "NOQUEUE" until the first recipient.
  std::string_view queue_id() const;
  std::string protocol() const;  // RFC 3848, RFC 6531 s4.3
  unsigned hard_error_limit() const;
  unsigned junk_limit() const;

 private:
  std::shared_ptr<const ServerSite> site_;
  std::string peer_;
};

}  // namespace postern::server
