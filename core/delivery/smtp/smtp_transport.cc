#include "core/delivery/smtp/smtp_transport.h"

#include "core/delivery/smtp/smtp_delivery.h"

namespace postern::delivery {
namespace {

ConnectionCacheLimits cache_limits(const SmtpClientOptions& options) {
  ConnectionCacheLimits out;
  out.idle = options.idle_limit;
  out.lifetime = options.reuse_time_limit;
  out.uses = options.reuse_count_limit;
  out.per_key = options.max_idle_per_lane;
  return out;
}

// Owns the attempt while it runs.
net::Task<mail::AttemptResult> deliver_attempt(std::shared_ptr<SmtpTransport::Shared> shared,
                                               net::Loop& loop, mail::Attempt attempt) {
  const auto delivery = std::make_unique<SmtpDelivery>(std::move(shared), loop, std::move(attempt));
  co_return co_await delivery->run();
}

}  // namespace

SmtpTransport::Shared::Shared(SmtpClientOptions given, dns::Resolver& resolver,
                              net::BlockingPool& blocking, SmtpTlsContexts contexts)
    : options(std::move(given)),
      pool(blocking),
      tls(std::move(contexts)),
      planner(resolver, blocking, options.mx),
      connector(options, tls),
      syntax{options.is_lmtp, options.default_port, options.unix_base},
      conversions(options.convert_octets_limit) {}

std::shared_ptr<ConnectionCache> SmtpTransport::Shared::cache_of(net::Loop& loop) {
  const std::lock_guard lock(mutex_);
  auto& cache = caches_[&loop];
  if (!cache) cache = std::make_shared<ConnectionCache>(loop, cache_limits(options));
  return cache;
}

void SmtpTransport::Shared::close_idle() {
  const std::lock_guard lock(mutex_);
  for (const auto& [loop, cache] : caches_)
    loop->post([idle = cache] { idle->clear(); });
}

SmtpTransport::SmtpTransport(SmtpClientOptions options, dns::Resolver& resolver,
                             net::BlockingPool& pool, SmtpTlsContexts tls)
    : shared_(std::make_shared<Shared>(std::move(options), resolver, pool, std::move(tls))) {}

SmtpTransport::~SmtpTransport() { close_idle(); }

net::Task<mail::AttemptResult> SmtpTransport::deliver(net::Loop& loop, mail::Attempt attempt) {
  return deliver_attempt(shared_, loop, std::move(attempt));
}

void SmtpTransport::close_idle() { shared_->close_idle(); }

}  // namespace postern::delivery
