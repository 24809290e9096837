#include "core/engine/options/queue.h"

#include "core/config/params.h"

namespace postern::engine {
namespace {
namespace params = config::params;

unsigned count(std::int64_t value) {
  return static_cast<unsigned>(std::max<std::int64_t>(value, 0));
}

Result<queue::Feedback> feedback(const config::Settings& view, std::string_view transport,
                                 const config::TransportParameter<std::string>& form) {
  const auto text = view.transport_limit(transport, form);
  auto parsed = queue::Feedback::parse(text);
  if (!parsed)
    return fail(ErrorKind::kInvalid, "{}{} = {}: {}", transport, form.suffix, text,
                parsed.error().context);
  return parsed;
}

// `view`: main.cf under the -o overrides of the transport's own line.
Result<queue::TransportOptions> transport_options(const config::Settings& view,
                                                  std::string_view name) {
  queue::TransportOptions out;
  out.process_limit = count(view.get(params::default_process_limit));
  out.concurrency_limit = count(view.transport_limit(name, params::destination_concurrency_limit));
  out.initial_concurrency = count(view.transport_limit(name, params::initial_concurrency));
  out.recipient_limit = count(view.transport_limit(name, params::destination_recipient_limit));
  out.failed_cohort_limit = static_cast<double>(
      view.transport_limit(name, params::destination_concurrency_failed_cohort_limit));
  out.rate_delay = view.transport_limit(name, params::destination_rate_delay);
  auto positive = feedback(view, name, params::destination_concurrency_positive_feedback);
  if (!positive) return std::unexpected(positive.error());
  auto negative = feedback(view, name, params::destination_concurrency_negative_feedback);
  if (!negative) return std::unexpected(negative.error());
  out.positive_feedback = *positive;
  out.negative_feedback = *negative;
  return out;
}

}  // namespace

Result<queue::QueueOptions> queue_options(const config::Settings& settings) {
  queue::QueueOptions out;
  out.minimal_backoff_time = settings.get(params::minimal_backoff_time);
  out.maximal_backoff_time = settings.get(params::maximal_backoff_time);
  out.maximal_queue_lifetime = settings.get(params::maximal_queue_lifetime);
  out.bounce_queue_lifetime = settings.get(params::bounce_queue_lifetime);
  out.delay_warning_time = settings.get(params::delay_warning_time);
  out.queue_run_delay = settings.get(params::queue_run_delay);
  const auto& deferred = settings.get(params::defer_transports);
  out.deferred_transports.insert(deferred.begin(), deferred.end());
  out.soft_bounce = settings.get(params::soft_bounce);
  out.message_active_limit = count(settings.get(params::qmgr_message_active_limit));
  out.recipient_active_limit = count(settings.get(params::qmgr_message_recipient_limit));
  out.content_memory = settings.get(params::memory_budget);
  out.read_concurrency = std::max(1U, count(settings.get(params::file_worker_threads)) * 4);

  auto defaults = transport_options(settings, "default");
  if (!defaults) return std::unexpected(defaults.error());
  out.default_transport = *defaults;
  for (const config::ServiceEntry& entry : settings.master().entries()) {
    if (config::service_role(entry) != config::ServiceRole::kTransport) continue;
    auto options = transport_options(settings.for_service(entry), entry.name);
    if (!options) return std::unexpected(options.error());
    if (entry.process_limit) options->process_limit = count(*entry.process_limit);
    options->log_service = entry.command;
    out.transports.emplace(entry.name, std::move(*options));
  }
  return out;
}

}  // namespace postern::engine
