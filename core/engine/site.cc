#include "core/engine/site.h"

#include <unistd.h>

#include <map>

#include "core/engine/options/agent.h"
#include "core/engine/options/local.h"
#include "core/engine/options/log.h"
#include "core/engine/options/queue.h"
#include "core/engine/options/server.h"
#include "core/engine/options/tls.h"

namespace postern::engine {
namespace {

// What one listener has beside what all share.
struct ListenerParts {
  server::ServerOptions options;
  server::Restrictions restrictions;
  std::shared_ptr<const tls::ServerContext> tls;
};

std::unexpected<Error> at(const config::SmtpListener& listener, const Error& error) {
  return std::unexpected(Error{error.kind,
                               fmt::format("{}: {}: {}", listener.endpoint->place.describe(),
                                           listener.endpoint->name, error.context),
                               error.sys_errno});
}

// The context, with what only root may read taken from the key reader.
Result<std::shared_ptr<const tls::ServerContext>> make_context(tls::ServerOptions options,
                                                               KeyReader* keys) {
  std::vector<UniqueFd> copies;  // until they are loaded
  std::map<std::string, std::string> names;
  for (tls::CertificateFiles& chain : options.chains)
    for (std::string* file : {&chain.certificate, &chain.key}) {
      if (keys == nullptr || ::access(file->c_str(), R_OK) == 0 || errno != EACCES) continue;
      auto copy = keys->read(*file);
      if (!copy) return std::unexpected(copy.error());
      const std::string name = fmt::format("/proc/self/fd/{}", copy->get());
      names.emplace(name, *file);
      *file = name;
      copies.push_back(std::move(*copy));
    }
  auto context = tls::ServerContext::make(std::move(options));
  if (context) return context;
  Error error = context.error();
  for (const auto& [name, file] : names)
    if (const auto at = error.context.find(name); at != std::string::npos)
      error.context.replace(at, name.size(), file);
  return std::unexpected(std::move(error));
}

Result<ListenerParts> make_listener(const config::Settings& settings,
                                    const config::SmtpListener& listener, KeyReader* keys) {
  const config::Settings view = settings.for_service(*listener.service);
  ListenerParts out;
  auto options = server_options(view, listener);
  if (!options) return at(listener, options.error());
  auto restrictions = server_restrictions(view);
  if (!restrictions) return at(listener, restrictions.error());
  auto tls = tls_server_options(view, listener.endpoint->name);
  if (!tls) return at(listener, tls.error());
  if (*tls) {
    auto context = make_context(std::move(**tls), keys);
    if (!context) return at(listener, context.error());
    out.tls = std::move(*context);
  }
  out.options = std::move(*options);
  out.restrictions = std::move(*restrictions);
  return out;
}

template <typename T>
Result<void> outcome(const Result<T>& made, const config::ServiceEntry& entry) {
  if (made) return {};
  return fail(made.error().kind, "{}: transport {}: {}", entry.place.describe(), entry.name,
              made.error().context);
}

Result<void> check_transport(const config::Settings& view, const config::ServiceEntry& entry) {
  if (entry.command == "local") return outcome(local_options(view, entry), entry);
  if (entry.command == "virtual") return outcome(virtual_options(view, entry), entry);
  if (entry.command == "pipe") return outcome(pipe_options(view, entry), entry);
  if (entry.command != "smtp" && entry.command != "lmtp") return {};
  if (auto options = outcome(smtp_client_options(view, entry, {}), entry); !options) return options;
  return outcome(smtp_tls_contexts(view), entry);
}

}  // namespace

Result<std::shared_ptr<const Site>> make_site(const config::Settings& settings,
                                              const SiteResources& with,
                                              const std::vector<BindPlan>& plans,
                                              std::vector<std::uint16_t> ports) {
  auto site = std::make_shared<Site>(settings);
  auto addresses = own_addresses(settings);
  if (!addresses) return std::unexpected(addresses.error());
  auto policy = make_mail_policy(settings, *addresses);
  if (!policy) return std::unexpected(policy.error());
  site->policy = std::move(*policy);
  auto transports = Transports::make(
      settings, {with.resolver, with.delivery_pool, with.lookup_pool, with.runner, with.forwarder,
                 site->policy->directory, OwnEndpoints{std::move(*addresses), std::move(ports)}});
  if (!transports) return std::unexpected(transports.error());
  site->transports = std::move(*transports);
  // The sockets of one listener share what it is made of.
  const config::ServiceEntry* previous = nullptr;
  std::shared_ptr<const server::ServerSite> server;
  for (const BindPlan& plan : plans) {
    if (plan.listener.endpoint != previous) {
      auto parts = make_listener(settings, plan.listener, with.keys);
      if (!parts) return std::unexpected(parts.error());
      server = std::make_shared<const server::ServerSite>(
          server::ServerSite{with.server,
                             std::move(parts->options),
                             site->policy->directory,
                             std::move(parts->restrictions),
                             std::move(parts->tls),
                             {}});
      previous = plan.listener.endpoint;
    }
    site->servers.push_back(server);
  }
  return site;
}

Result<void> check_site(const config::Settings& settings) {
  if (auto log = log_options(settings); !log) return std::unexpected(log.error());
  if (auto queue = queue_options(settings); !queue) return std::unexpected(queue.error());
  auto addresses = own_addresses(settings);
  if (!addresses) return std::unexpected(addresses.error());
  if (auto policy = make_mail_policy(settings, *addresses); !policy)
    return std::unexpected(policy.error());
  for (const config::SmtpListener& listener : config::smtp_listeners(settings.master()))
    if (auto made = make_listener(settings, listener, nullptr); !made)
      return std::unexpected(made.error());
  for (const config::ServiceEntry& entry : settings.master().entries()) {
    if (config::service_role(entry) != config::ServiceRole::kTransport) continue;
    if (auto checked = check_transport(settings.for_service(entry), entry); !checked)
      return checked;
  }
  return {};
}

}  // namespace postern::engine
