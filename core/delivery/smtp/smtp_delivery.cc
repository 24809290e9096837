#include "core/delivery/smtp/smtp_delivery.h"

#include <algorithm>

#include "core/base/log.h"
#include "core/delivery/smtp/smtp_transaction.h"

namespace postern::delivery {
namespace {

using mail::TlsRequirement;

double seconds_between(SteadyTime from, SteadyTime to) {
  return std::chrono::duration<double>(to - from).count();
}

// A lane that names a level overrules main.cf; kMay is what a lane has that says nothing.
TlsRequirement effective_level(TlsRequirement lane, TlsRequirement configured) {
  return lane == TlsRequirement::kMay ? configured : lane;
}

std::string make_cache_key(const mail::Attempt& attempt, TlsRequirement tls) {
  const std::string& site = attempt.lane.site.empty() ? attempt.route.next_hop : attempt.lane.site;
  return fmt::format("{}\n{}", static_cast<int>(tls), site);
}

}  // namespace

SmtpDelivery::SmtpDelivery(std::shared_ptr<SmtpTransport::Shared> shared, net::Loop& loop,
                           mail::Attempt attempt)
    : shared_(std::move(shared)),
      loop_(loop),
      attempt_(std::move(attempt)),
      cache_(shared_->cache_of(loop)),
      tls_(effective_level(attempt_.lane.tls, shared_->options.tls)),
      cache_key_(make_cache_key(attempt_, tls_)),
      ledger_(attempt_),
      content_(loop, shared_->pool, shared_->conversions, shared_->options, attempt_),
      started_(std::chrono::steady_clock::now()),
      ready_(started_) {}

net::Task<mail::AttemptResult> SmtpDelivery::run() {
  co_await use_idle_connections();
  if (ledger_.unsettled() != 0) {
    std::vector<std::string> hops = split_next_hops(attempt_.route.next_hop);
    if (hops.empty()) hops.emplace_back();
    for (const std::string& relay : shared_->options.fallback_relay)
      if (std::ranges::find(hops, relay) == hops.end()) hops.push_back(relay);
    for (std::size_t i = 0; i < hops.size() && ledger_.unsettled() != 0; ++i) {
      sessions_ = had_session_ && i == 0 ? 1 : 0;
      co_await try_next_hop(hops[i], i + 1 == hops.size());
    }
  }
  mail::AttemptResult out;
  const SteadyTime now = std::chrono::steady_clock::now();
  if (!had_session_) ready_ = now;
  out.connect_seconds = seconds_between(started_, ready_);
  out.transmit_seconds = seconds_between(ready_, now);
  out.connection_use = connection_use_;
  out.site = site_.value_or(mail::SiteVerdict::kGood);
  out.recipients = ledger_.take();
  co_return out;
}

// The best that any server showed: one that works keeps the lane alive.
void SmtpDelivery::note_site(mail::SiteVerdict verdict) {
  site_ = site_ ? std::min(*site_, verdict) : verdict;
}

net::Task<void> SmtpDelivery::use_idle_connections() {
  while (auto connection = cache_->take(cache_key_)) {
    const net::SocketAddress address = connection->address();
    if (!co_await use(std::move(connection))) continue;
    used_.push_back(address);
    co_return;
  }
}

net::Task<bool> SmtpDelivery::use(std::unique_ptr<SmtpConnection> connection) {
  ready_ = std::chrono::steady_clock::now();
  std::vector<std::size_t> positions = ledger_.unsettled_positions();
  while (!positions.empty()) {
    SmtpTransaction transaction({.loop = loop_,
                                 .pool = shared_->pool,
                                 .options = shared_->options,
                                 .attempt = attempt_,
                                 .content = content_,
                                 .ledger = ledger_},
                                *connection, std::move(positions));
    const auto end = co_await transaction.run();
    if (end == SmtpTransaction::End::kStale) {
      connection->quit();
      co_return false;
    }
    note_site(transaction.site());
    connection_use_ = static_cast<unsigned>(std::max<std::size_t>(1, connection->uses));
    had_session_ = true;
    // Each round must get somewhere, so that a server that always says 452 ends it.
    positions = transaction.postponed();
    if (!connection->is_usable || transaction.delivered() == 0) break;
  }
  co_await put_back(std::move(connection));
  co_return true;
}

net::Task<void> SmtpDelivery::put_back(std::unique_ptr<SmtpConnection> connection) {
  const SmtpClientOptions& options = shared_->options;
  if (connection->is_usable && options.reuse_connections) {
    cache_->put(cache_key_, std::move(connection));
    co_return;
  }
  if (connection->is_usable && !options.skip_quit_response) {
    const auto written =
        co_await connection->write("QUIT\r\n", SmtpStage::kQuit, options.timeouts.quit);
    if (written) (void)co_await connection->read_reply(SmtpStage::kQuit, options.timeouts.quit);
    connection->abort();
    co_return;
  }
  connection->quit();
}

net::Task<dns::PlanResult> SmtpDelivery::plan(const NextHop& hop) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + shared_->options.timeouts.dns;
  switch (hop.kind) {
    case NextHop::Kind::kDomain:
      co_return co_await shared_->planner.plan_domain(loop_, hop.name, hop.port, deadline);
    case NextHop::Kind::kHost:
      co_return co_await shared_->planner.plan_host(loop_, hop.name, hop.port, deadline);
    case NextHop::Kind::kUnix: break;
  }
  auto path = net::SocketAddress::unix_path(hop.name);
  if (!path) co_return std::unexpected(dns::PlanFault{false, "4.3.5", path.error().context});
  dns::MxPlan out;
  out.targets.push_back({shared_->options.myhostname, std::move(*path), 0, false});
  co_return out;
}

void SmtpDelivery::no_plan(const dns::PlanFault& fault, bool is_last) {
  // A domain that is known to take no mail, or that is ours, is no matter for a fallback relay.
  const bool is_final = is_last || fault.status == "5.1.10" || fault.status == "5.4.6";
  PeerFault out;
  out.is_permanent = fault.is_permanent && is_final;
  out.status = fault.status;
  out.diagnostic = fault.text;
  ledger_.refuse_unsettled(out);
  note_site(fault.is_permanent ? mail::SiteVerdict::kGood : mail::SiteVerdict::kDead);
}

net::Task<void> SmtpDelivery::try_next_hop(const std::string& text, bool is_last) {
  const auto hop = parse_next_hop(text, shared_->syntax);
  if (!hop) {
    no_plan({true, "5.4.4", hop.error().context}, is_last);
    co_return;
  }
  const dns::PlanResult found = co_await plan(*hop);
  if (!found) {
    no_plan(found.error(), is_last);
    co_return;
  }
  co_await try_targets(*hop, *found);
}

net::Task<void> SmtpDelivery::try_targets(const NextHop& hop, const dns::MxPlan& plan) {
  const SmtpClientOptions& options = shared_->options;
  for (std::size_t i = 0; i < plan.targets.size() && ledger_.unsettled() != 0; ++i) {
    if (options.mx_session_limit != 0 && sessions_ >= options.mx_session_limit) co_return;
    const dns::MxTarget& each = plan.targets[i];
    if (std::ranges::find(used_, each.address) != used_.end()) continue;
    used_.push_back(each.address);
    SmtpTarget target;
    target.host = each.host;
    target.address = each.address;
    target.domain = hop.name;
    target.checks_loop = !options.is_lmtp && each.address.is_ip() &&
                         shared_->planner.is_own_port(each.address.port());
    target.is_best = each.preference == plan.targets.front().preference;
    ConnectionResult connection = co_await shared_->connector.open(loop_, std::move(target), tls_);
    if (!connection) {
      const PeerFault& fault = connection.error();
      const bool is_last = i + 1 == plan.targets.size();
      if (fault.status == "4.4.1")
        log::info(options.service, "{}", fault.diagnostic);
      else if (!is_last)
        log::info(options.service, "{}: {}", attempt_.id.to_string(), fault.diagnostic);
      ledger_.refuse_unsettled(fault);
      note_site(fault.site);
      continue;
    }
    ++sessions_;
    co_await use(std::move(*connection));
  }
}

}  // namespace postern::delivery
