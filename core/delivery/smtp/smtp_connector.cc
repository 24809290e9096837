#include "core/delivery/smtp/smtp_connector.h"

#include "core/base/log.h"
#include "core/net/dial.h"
#include "core/tls/tls_stream.h"

namespace postern::delivery {
namespace {

using mail::TlsRequirement;
using Done = std::expected<void, PeerFault>;

// Where smtp_connect_timeout is 0 the kernel gives up by itself; this is only far away.
constexpr Seconds kUnlimited{3600};

// TLS that should be there and is not says something of the whole server.
PeerFault tls_fault(const PeerLabel& peer, std::string status, std::string text) {
  PeerFault out = local_fault(peer, std::move(status), std::move(text));
  out.is_permanent = false;  // the operator of the other side may mend it
  out.site = mail::SiteVerdict::kDead;
  return out;
}

bool is_numeric(const std::string& host) { return net::SocketAddress::ip(host, 0).has_value(); }

}  // namespace

PeerLabel label_of(const SmtpTarget& target) {
  PeerLabel out;
  out.host_and_address = fmt::format("{}[{}]", target.host, target.address.host());
  out.with_port = target.address.is_ip()
                      ? fmt::format("{}:{}", out.host_and_address, target.address.port())
                      : out.host_and_address;
  return out;
}

net::Task<ConnectionResult> SmtpConnector::open(net::Loop& loop, SmtpTarget target,
                                                TlsRequirement tls) const {
  bool tls_failed = false;
  ConnectionResult first = co_await open_once(loop, target, tls, tls_failed);
  if (first || !tls_failed || tls != TlsRequirement::kMay) co_return first;
  log::info(options_.service, "{}: TLS failed, trying without", label_of(target).with_port);
  co_return co_await open_once(loop, target, TlsRequirement::kNone, tls_failed);
}

net::Task<ConnectionResult> SmtpConnector::open_once(net::Loop& loop, const SmtpTarget& target,
                                                     TlsRequirement tls,
                                                     bool& out_tls_failed) const {
  ConnectionResult connection = co_await dial(loop, target);
  if (!connection) co_return connection;
  SmtpConnection& opened = **connection;
  Done done = co_await greet(opened, target);
  if (done) done = co_await hello(opened, target);
  if (done && tls != TlsRequirement::kNone)
    done = co_await start_tls(opened, target, tls, out_tls_failed);
  if (done) {
    opened.opened = std::chrono::steady_clock::now();
    co_return connection;
  }
  done.error().site = std::max(done.error().site, mail::SiteVerdict::kThrottle);
  opened.quit();
  co_return std::unexpected(std::move(done.error()));
}

net::Task<ConnectionResult> SmtpConnector::dial(net::Loop& loop, const SmtpTarget& target) const {
  const auto timeout =
      options_.timeouts.connect.count() == 0 ? kUnlimited : options_.timeouts.connect;
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  const PeerLabel peer = label_of(target);
  std::optional<net::SocketAddress> source;
  const bool is_ipv6 = target.address.family() == net::Family::kIpv6;
  const std::string& bind_to = is_ipv6 ? options_.bind_address6 : options_.bind_address;
  if (target.address.is_ip() && !bind_to.empty()) {
    auto parsed = net::SocketAddress::ip(bind_to, 0);
    if (!parsed) co_return std::unexpected(no_connection(peer, parsed.error()));
    source = std::move(*parsed);
  }
  auto socket = co_await net::dial(loop, target.address, deadline, std::move(source));
  if (!socket) co_return std::unexpected(no_connection(peer, socket.error()));
  co_return std::make_unique<SmtpConnection>(net::make_plain_stream(std::move(*socket)), peer,
                                             target.address);
}

net::Task<Done> SmtpConnector::greet(SmtpConnection& connection, const SmtpTarget&) const {
  const auto reply = co_await connection.read_reply(SmtpStage::kGreeting, options_.timeouts.helo);
  if (!reply) co_return std::unexpected(reply.error());
  const std::uint16_t code = (*reply)->code();
  if (code >= 200 && code < 300) co_return Done();
  PeerFault fault = refused_to_talk(connection.peer(), **reply);
  // A 5yz greeting is a server that takes no mail at all, now: the next one may.
  if (options_.skip_5xx_greeting) fault.is_permanent = false;
  if (!fault.is_permanent && fault.status.starts_with('5')) fault.status.front() = '4';
  co_return std::unexpected(std::move(fault));
}

net::Task<Done> SmtpConnector::hello(SmtpConnection& connection, const SmtpTarget& target) const {
  const Seconds timeout = options_.timeouts.helo;
  SmtpStage stage = options_.is_lmtp ? SmtpStage::kLhlo : SmtpStage::kEhlo;
  for (;;) {
    const std::string_view verb = stage == SmtpStage::kLhlo   ? "LHLO"
                                  : stage == SmtpStage::kEhlo ? "EHLO"
                                                              : "HELO";
    connection.out = fmt::format("{} {}\r\n", verb, options_.helo_name);
    const auto written = co_await connection.write(connection.out, stage, timeout);
    if (!written) co_return std::unexpected(written.error());
    const auto reply = co_await connection.read_reply(stage, timeout);
    if (!reply) co_return std::unexpected(reply.error());
    const std::uint16_t code = (*reply)->code();
    if (code >= 200 && code < 300) {
      connection.capabilities =
          stage == SmtpStage::kHelo
              ? smtp::Capabilities()
              : smtp::parse_capabilities(**reply, options_.discard_ehlo_keywords);
      break;
    }
    // RFC 5321 s4.1.4: who does not know EHLO is asked with HELO.
    if (stage != SmtpStage::kEhlo || code == 421)
      co_return std::unexpected(refused_to_talk(connection.peer(), **reply));
    stage = SmtpStage::kHelo;
  }
  if (target.checks_loop &&
      mail::equals_ignoring_ascii_case(connection.capabilities.name, options_.myhostname)) {
    log::warning(options_.service, "host {} replied to HELO/EHLO with my own hostname {}",
                 connection.peer().with_port, options_.myhostname);
    PeerFault loop = local_fault(connection.peer(), target.is_best ? "5.4.6" : "4.4.6",
                                 fmt::format("mail for {} loops back to myself", target.domain));
    co_return std::unexpected(std::move(loop));
  }
  co_return Done();
}

net::Task<Done> SmtpConnector::start_tls(SmtpConnection& connection, const SmtpTarget& target,
                                         TlsRequirement tls, bool& out_tls_failed) const {
  const bool is_mandatory = tls == TlsRequirement::kEncrypt;
  const PeerLabel& peer = connection.peer();
  if (!connection.capabilities.starttls) {
    if (!is_mandatory) co_return Done();
    co_return std::unexpected(tls_fault(
        peer, "4.7.4",
        fmt::format("TLS is required, but was not offered by host {}", peer.host_and_address)));
  }
  const auto context = is_mandatory ? tls_.mandatory : tls_.opportunistic;
  if (!context) {
    if (!is_mandatory) co_return Done();
    co_return std::unexpected(
        tls_fault(peer, "4.7.5", "TLS is required, but our TLS engine is unavailable"));
  }
  const SteadyTime deadline = std::chrono::steady_clock::now() + options_.timeouts.starttls;
  const auto written =
      co_await connection.write("STARTTLS\r\n", SmtpStage::kStartTls, options_.timeouts.starttls);
  if (!written) co_return std::unexpected(written.error());
  const auto reply =
      co_await connection.read_reply(SmtpStage::kStartTls, options_.timeouts.starttls);
  if (!reply) co_return std::unexpected(reply.error());
  if ((*reply)->code() == 421) {
    out_tls_failed = true;
    co_return std::unexpected(refused(peer, SmtpStage::kStartTls, **reply));
  }
  if ((*reply)->code() != 220) {
    if (is_mandatory)
      co_return std::unexpected(
          tls_fault(peer, "4.7.4",
                    fmt::format("TLS is required, but host {} refused to start TLS: {}",
                                peer.host_and_address, reply_text(**reply))));
    log::info(options_.service, "host {} refused to start TLS: {}", peer.host_and_address,
              reply_text(**reply));
    co_return Done();
  }
  if (connection.has_unread()) {
    // Text that came in clear with the 220 would be read as if it came under TLS (CVE-2011-0411 the
    // other way round).  Whoever put it there is not to be talked to, in clear or otherwise.
    PeerFault fault =
        protocol_error(peer, SmtpStage::kStartTls, "text behind the reply to STARTTLS");
    fault.status = "4.7.0";
    co_return std::unexpected(std::move(fault));
  }
  if (options_.tls_loglevel >= 2)
    log::info(options_.service, "setting up TLS connection to {}", peer.with_port);
  const std::string server_name = is_numeric(target.host) ? std::string() : target.host;
  auto secured =
      co_await tls::connect_tls(connection.take_stream(), context, server_name, deadline);
  if (!secured) {
    out_tls_failed = true;
    log::info(options_.service, "SSL_connect error to {}: {}", peer.with_port,
              secured.error().context);
    co_return std::unexpected(tls_fault(
        peer, "4.7.5",
        fmt::format("Cannot start TLS: handshake failure with {}", peer.host_and_address)));
  }
  if (options_.tls_loglevel >= 1) {
    const tls::SessionInfo& info = (*secured)->info();
    log::info(options_.service, "{} TLS connection established to {}: {}",
              info.is_verified ? "Trusted" : "Untrusted", peer.with_port, info.describe());
  }
  connection.put_stream(std::move(*secured));
  // RFC 3207 s4.2: what was said before TLS is forgotten.
  connection.capabilities = {};
  co_return co_await hello(connection, target);
}

}  // namespace postern::delivery
