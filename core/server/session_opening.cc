// A session from accept to the greeting: is there room, who is the client really, does it wait for
// its turn.
#include <sys/socket.h>

#include "core/base/log.h"
#include "core/server/proxy_header.h"
#include "core/server/replies.h"
#include "core/server/session.h"
#include "core/server/session_log.h"
#include "core/server/session_set.h"

namespace postern::server {
namespace {

SteadyTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

// Under TLS from the first octet nothing can be said before the handshake: the client is cut off.
Session::Opened Session::refuse(const mail::Reply& reply, RefusalReason reason) {
  if (site_->options.extensions.tls_wrapper && !conversation_.state.is_tls()) {
    is_silent_ = true;
    ServerMetrics::get().refused(reason);
  } else {
    conversation_.refuse(reply, reason);
  }
  return false;
}

net::Task<Session::Opened> Session::open() {
  if (!admit()) co_return false;
  if (site_->options.extensions.proxy_protocol) {
    const bool read = co_await read_proxy_header();
    if (!read) co_return false;
  }
  if (!admit_client()) co_return false;
  co_await look_up_name();
  log_connect(conversation_);
  if (site_->options.extensions.tls_wrapper) {
    if (!site_->tls) {
      log::warning(site_->options.identity.service,
                   "no certificate: smtpd_tls_wrappermode cannot serve {}", conversation_.peer());
      co_return refuse({}, RefusalReason::kTls);
    }
    const bool encrypted = co_await start_tls();
    if (!encrypted) co_return false;
  } else if (site_->options.strictness.greet_test) {
    const bool patient = co_await wait_for_early_talker();
    if (!patient) co_return false;
  } else if (has_early_octets()) {
    log_early_talker(conversation_, "");
    co_return refuse(replies::talked_early(), RefusalReason::kPipelining);
  }
  co_return co_await greet();
}

// What can be said without knowing who the client is.
Session::Opened Session::admit() {
  const ServerResources& resources = site_->resources;
  const std::string& hostname = conversation_.hostname();
  if (conversation_.is_draining)
    return refuse(replies::shutting_down(hostname), RefusalReason::kOverload);
  auto place = resources.connections.take(1);
  if (!place || resources.memory.used() >= resources.memory.limit()) {
    log::warning(
        site_->options.identity.service, "{} from {}: 421 was sent",
        place ? "memory_budget is used up: connection" : "connection_limit is reached: one",
        conversation_.peer());
    return refuse(replies::overloaded(hostname), RefusalReason::kOverload);
  }
  place_ = std::move(*place);
  if (auto refusal = resources.sink.admission(0)) {
    log_rejection(conversation_, "CONNECT", *refusal);
    return refuse(refusal->reply.code() == 421 ? refusal->reply : replies::overloaded(hostname),
                  RefusalReason::kOverload);
  }
  return true;
}

Session::Opened Session::admit_client() {
  if (conversation_.standing.is_exempt_from_limits) return true;
  const ClientLimitOptions& limits = site_->options.client_limits;
  const std::string& address = conversation_.client.address;
  ClientTable::Admission admission = site_->resources.clients.connect(address, limits);
  client_place_ = std::move(admission.permit);
  if (!admission.refusal) return true;
  const bool concurrent = *admission.refusal == ClientTable::Refusal::kTooManyConnections;
  log::warning(
      site_->options.identity.service, "Connection {} limit exceeded: {} from {} for service {}",
      concurrent ? "concurrency" : "rate", concurrent ? admission.connections : admission.rate,
      conversation_.peer(), site_->options.identity.listener);
  return refuse(replies::too_many_connections(conversation_.hostname(), address),
                RefusalReason::kClientLimit);
}

net::Task<Session::Opened> Session::read_proxy_header() {
  const SteadyTime deadline = now() + site_->options.times.proxy_header;
  ProxyHeaderReader reader;
  auto status = ProxyHeaderReader::Status::kNeedMore;
  while (status == ProxyHeaderReader::Status::kNeedMore) {
    const auto step =
        stream_->try_read(loop_.scratch().first(std::min(reader.wanted(), loop_.scratch().size())));
    if (step && step->wants != net::IoStep::Wants::kNothing) {
      const auto readable = co_await stream_->wait_readable(deadline);
      if (!readable) break;
      continue;
    }
    if (!step || step->octets == 0) break;
    status = reader.feed({loop_.scratch().data(), step->octets});
  }
  if (status != ProxyHeaderReader::Status::kDone) {
    log::warning(site_->options.identity.service,
                 "no or bad PROXY header from {}: connection closed", conversation_.peer());
    ServerMetrics::get().refused(RefusalReason::kProxyHeader);
    is_silent_ = true;
    co_return false;
  }
  const ProxyAddresses& addresses = reader.addresses();
  if (addresses.is_local) co_return true;
  if (const auto source = net::SocketAddress::ip(addresses.source, addresses.source_port))
    peer_ = *source;
  conversation_.adopt_client(addresses.source, addresses.source_port, "unknown", "unknown");
  co_return true;
}

net::Task<void> Session::look_up_name() {
  PeerNames* const names = site_->resources.peer_names;
  if (names == nullptr || !site_->options.peer_name_lookup || !peer_.is_ip()) co_return;
  PeerName name = co_await names->lookup(loop_, peer_, now() + site_->options.times.peer_name);
  conversation_.adopt_client(conversation_.client.address, conversation_.client.port,
                             std::move(name.name), std::move(name.reverse_name));
}

bool Session::has_early_octets() const {
  char octet = 0;
  return ::recv(stream_->socket().fd(), &octet, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

// postscreen's pre-greeting test: a client that talks in the pause is no mail server.
net::Task<Session::Opened> Session::wait_for_early_talker() {
  const StrictnessOptions& strictness = site_->options.strictness;
  if (!strictness.greet_banner.empty()) {
    conversation_.output += fmt::format("220-{}\r\n", strictness.greet_banner);
    const bool sent = co_await flush(now() + command_time());
    if (!sent) co_return false;
  }
  const SteadyTime start = now();
  const auto readable = co_await stream_->wait_readable(start + strictness.greet_wait);
  if (!readable) {
    if (readable.error().kind == ErrorKind::kTimeout) co_return true;
    end_by(readable.error());
    co_return false;
  }
  if (!has_early_octets()) {
    end_by(Error{ErrorKind::kClosed, "closed by the client"});
    co_return false;
  }
  char seen[64];
  const ssize_t count = ::recv(stream_->socket().fd(), seen, sizeof seen, MSG_PEEK | MSG_DONTWAIT);
  const std::chrono::duration<double> waited = now() - start;
  log::info("postscreen", "PREGREET {} after {:.2f} from [{}]:{}: {}", count, waited.count(),
            conversation_.client.address, conversation_.client.port,
            std::string_view(seen, count > 0 ? static_cast<std::size_t>(count) : 0));
  if (strictness.greet_action == GreetAction::kIgnore) co_return true;
  const std::uint16_t code = strictness.greet_action == GreetAction::kDrop ? 521 : 550;
  co_return refuse({code, mail::EnhancedStatus{5, 5, 1}, "Protocol error"},
                   RefusalReason::kPipelining);
}

// Also after XCLIENT, for the new client.
net::Task<Session::Opened> Session::greet() {
  if (asks_anything(*site_, CheckPoint::kConnect)) {
    auto work = [site = site_, context = OwnedContext(conversation_.restriction_context())] {
      return check_access(*site, CheckPoint::kConnect, context.view());
    };
    std::optional<AccessAnswer> answer;
    if (site_->options.tables_may_block) {
      answer = co_await net::on_pool(loop_, site_->resources.pool, std::move(work));
    } else {
      answer = work();
    }
    if (!answer)
      co_return refuse(replies::overloaded(conversation_.hostname()), RefusalReason::kOverload);
    if (answer->rejection) {
      conversation_.reject(*answer->rejection, answer->reason, "CONNECT");
      co_return false;
    }
  }
  if (conversation_.chain->wanted().has(filter::Stage::kConnect)) {
    filter::Verdict verdict = co_await ask_filters(filter::Stage::kConnect);
    if (verdict.action == filter::Verdict::Action::kReject && verdict.rejection) {
      conversation_.reject(*verdict.rejection, RefusalReason::kFilter, "CONNECT");
      co_return false;
    }
  }
  conversation_.output += fmt::format("220 {}\r\n", site_->options.identity.banner);
  co_return true;
}

}  // namespace postern::server
