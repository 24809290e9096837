// SmtpDelivery: one attempt from end to end: an idle connection of the lane first, then the servers
// of the next hop in order, then those of the fallback relays, until every recipient has its answer
// or the limits are reached.  Internal to SmtpTransport.
// On the attempt's loop; one attempt each.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/delivery/smtp/connection_cache.h"
#include "core/delivery/smtp/next_hop.h"
#include "core/delivery/smtp/outgoing_content.h"
#include "core/delivery/smtp/recipient_ledger.h"
#include "core/delivery/smtp/smtp_connector.h"
#include "core/delivery/smtp/smtp_transport.h"

namespace postern::delivery {

// What all attempts of one transport share.  Immutable but for the caches, one for each loop.
struct SmtpTransport::Shared {
  Shared(SmtpClientOptions given, dns::Resolver& resolver, net::BlockingPool& blocking,
         SmtpTlsContexts contexts);
  std::shared_ptr<ConnectionCache> cache_of(net::Loop& loop);
  void close_idle();

  const SmtpClientOptions options;
  net::BlockingPool& pool;
  const SmtpTlsContexts tls;
  const dns::MxPlanner planner;
  const SmtpConnector connector;
  const NextHopSyntax syntax;
  net::Budget conversions;

 private:
  std::mutex mutex_;
  std::unordered_map<net::Loop*, std::shared_ptr<ConnectionCache>> caches_;
};

class SmtpDelivery {
 public:
  SmtpDelivery(std::shared_ptr<SmtpTransport::Shared> shared, net::Loop& loop,
               mail::Attempt attempt);
  net::Task<mail::AttemptResult> run();

 private:
  net::Task<void> use_idle_connections();
  net::Task<void> try_next_hop(const std::string& text, bool is_last);
  net::Task<dns::PlanResult> plan(const NextHop& hop);
  net::Task<void> try_targets(const NextHop& hop, const dns::MxPlan& plan);
  // False: the connection was stale.
  net::Task<bool> use(std::unique_ptr<SmtpConnection> connection);
  net::Task<void> put_back(std::unique_ptr<SmtpConnection> connection);
  void no_plan(const dns::PlanFault& fault, bool is_last);
  void note_site(mail::SiteVerdict verdict);

  const std::shared_ptr<SmtpTransport::Shared> shared_;
  net::Loop& loop_;
  const mail::Attempt attempt_;
  const std::shared_ptr<ConnectionCache> cache_;
  const mail::TlsRequirement tls_;
  const std::string cache_key_;
  RecipientLedger ledger_;
  OutgoingContent content_;
  std::vector<net::SocketAddress> used_;  // servers that have had their chance
  std::size_t sessions_ = 0;              // with the present next hop
  const SteadyTime started_;
  SteadyTime ready_;  // when the last session could begin its transaction
  bool had_session_ = false;
  unsigned connection_use_ = 1;
  std::optional<mail::SiteVerdict> site_;
};

}  // namespace postern::delivery
