// Session: one SMTP or LMTP connection from accept to close: the coroutine around Conversation and
// Dispatcher.  It reads, waits, writes and keeps the deadlines; what is said is decided there.
// An idle session owns no buffer: octets are read into the loop's scratch, and only what belongs to
// a command that has to wait is kept.  Replies are gathered while input lasts and sent in one
// write. Not here: sequence (session_state.h), commands (handlers/), who may begin
// (session_opening.cc). For its loop's thread.
#pragma once

#include <memory>
#include <string>

#include "core/base/unique_fd.h"
#include "core/net/loop.h"
#include "core/net/permit.h"
#include "core/net/stream.h"
#include "core/net/task.h"
#include "core/server/client_table.h"
#include "core/server/conversation.h"
#include "core/server/dispatcher.h"
#include "core/server/server_site.h"

namespace postern::server {

class SessionSet;

class Session {
 public:
  Session(net::Loop& loop, std::shared_ptr<const ServerSite> site, SessionSet& set, UniqueFd fd,
          const net::SocketAddress& peer);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Until the connection is closed.  *this outlives it.
  net::Task<void> run();

  void drain();  // SessionSet::drain
  void abort();  // SessionSet::abort

 private:
  // How a step of the opening ended: go on, or the session is over (what to say is in
  // Conversation::output).
  using Opened = bool;

  // session_opening.cc: from accept to the greeting.
  net::Task<Opened> open();
  Opened admit();
  Opened admit_client();
  net::Task<Opened> read_proxy_header();
  net::Task<void> look_up_name();
  net::Task<Opened> wait_for_early_talker();
  net::Task<Opened> greet();
  bool has_early_octets() const;
  Opened refuse(const mail::Reply& reply, RefusalReason reason);

  // session.cc: the dialogue.
  net::Task<void> converse();
  Step advance();
  net::Task<Step> carry_out(Step step);
  net::Task<Step> read_more();
  net::Task<Step> ask_restrictions();
  net::Task<filter::Verdict> ask_filters(filter::Stage stage);
  net::Task<Step> commit();
  net::Task<Opened> start_tls();
  net::Task<bool> flush(SteadyTime deadline);
  net::Task<void> pause(Seconds time);
  net::Task<void> close();
  void hold(std::string_view rest);
  void move_deadline(std::size_t octets);
  Step end_by(const Error& error);
  Seconds command_time() const;

  net::Loop& loop_;
  std::shared_ptr<const ServerSite> site_;
  SessionSet& set_;
  std::unique_ptr<net::Stream> stream_;  // nullptr: in a TLS handshake, or one has failed
  net::Socket* handshaking_ = nullptr;   // while stream_ is lent to the handshake
  net::SocketAddress peer_;
  Conversation conversation_;
  Dispatcher dispatcher_;
  net::Permit place_;  // of connection_limit
  ClientTable::Permit client_place_;
  std::string held_;         // input behind a command that waits
  std::size_t held_at_ = 0;  // what of it is used
  bool must_wait_ = true;    // nothing is left to read now, or it is the others' turn
  unsigned full_reads_ = 0;  // one after the other
  bool is_waiting_ = false;  // for the client
  bool is_aborted_ = false;
  bool is_silent_ = false;  // nothing may be written: TLS is expected, or the peer is gone
  SteadyTime deadline_{};
};

}  // namespace postern::server
