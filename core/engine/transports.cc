#include "core/engine/transports.h"

#include "core/delivery/local_transport.h"
#include "core/delivery/pipe_transport.h"
#include "core/delivery/reason_transport.h"
#include "core/delivery/smtp/smtp_transport.h"
#include "core/delivery/virtual_transport.h"
#include "core/engine/options/local.h"

namespace postern::engine {
namespace {

using Made = Result<std::shared_ptr<delivery::Transport>>;

Made make_smtp(const config::Settings& view, const config::ServiceEntry& entry,
               const TransportResources& with) {
  auto options = smtp_client_options(view, entry, with.own);
  if (!options) return std::unexpected(options.error());
  auto contexts = smtp_tls_contexts(view);
  if (!contexts) return std::unexpected(contexts.error());
  return std::make_shared<delivery::SmtpTransport>(std::move(*options), with.resolver,
                                                   with.lookup_pool, std::move(*contexts));
}

Made make_local(const config::Settings& view, const config::ServiceEntry& entry,
                const TransportResources& with, delivery::TransportFinder find) {
  auto options = local_options(view, entry);
  if (!options) return std::unexpected(options.error());
  return std::make_shared<delivery::LocalTransport>(std::move(*options), with.directory,
                                                    with.runner, with.forwarder, std::move(find),
                                                    with.delivery_pool);
}

Made make_virtual(const config::Settings& view, const config::ServiceEntry& entry,
                  const TransportResources& with) {
  auto options = virtual_options(view, entry);
  if (!options) return std::unexpected(options.error());
  return std::make_shared<delivery::VirtualTransport>(std::move(*options), with.runner,
                                                      with.delivery_pool);
}

Made make_pipe(const config::Settings& view, const config::ServiceEntry& entry,
               const TransportResources& with) {
  auto options = pipe_options(view, entry);
  if (!options) return std::unexpected(options.error());
  return std::make_shared<delivery::PipeTransport>(std::move(*options), with.runner,
                                                   with.delivery_pool);
}

Made make_one(const config::Settings& view, const config::ServiceEntry& entry,
              const TransportResources& with, delivery::TransportFinder find) {
  if (entry.command == "smtp" || entry.command == "lmtp") return make_smtp(view, entry, with);
  if (entry.command == "local") return make_local(view, entry, with, std::move(find));
  if (entry.command == "virtual") return make_virtual(view, entry, with);
  if (entry.command == "pipe") return make_pipe(view, entry, with);
  if (entry.command == "discard") return std::make_shared<delivery::DiscardTransport>();
  // Postfix runs error(8) under the name "retry" to defer instead of failing.
  if (entry.command == "error" && entry.name != "retry")
    return std::make_shared<delivery::ErrorTransport>();
  if (entry.command == "error" || entry.command == "retry")
    return std::make_shared<delivery::RetryTransport>();
  return fail(ErrorKind::kInvalid,
              "{} is no delivery agent; one of smtp lmtp local virtual pipe error discard is",
              entry.command);
}

}  // namespace

Result<std::shared_ptr<const Transports>> Transports::make(const config::Settings& settings,
                                                           const TransportResources& with) {
  const auto made = std::make_shared<Transports>();
  // Weak: the local transport is in the map that it looks into.
  const auto find = [map = std::weak_ptr<const Transports>(made)](
                        std::string_view name) -> std::shared_ptr<delivery::Transport> {
    const auto transports = map.lock();
    return transports ? transports->find(name) : nullptr;
  };
  for (const config::ServiceEntry& entry : settings.master().entries()) {
    if (config::service_role(entry) != config::ServiceRole::kTransport) continue;
    auto transport = make_one(settings.for_service(entry), entry, with, find);
    if (!transport)
      return std::unexpected(Error{transport.error().kind,
                                   fmt::format("{}: transport {}: {}", entry.place.describe(),
                                               entry.name, transport.error().context),
                                   transport.error().sys_errno});
    made->transports_.emplace(entry.name, std::move(*transport));
  }
  // Routes may say so without a line in master.cf.
  made->transports_.try_emplace("error", std::make_shared<delivery::ErrorTransport>());
  made->transports_.try_emplace("retry", std::make_shared<delivery::RetryTransport>());
  return made;
}

std::shared_ptr<delivery::Transport> Transports::find(std::string_view name) const {
  const auto found = transports_.find(name);
  return found == transports_.end() ? nullptr : found->second;
}

void Transports::close_idle() const {
  for (const auto& [name, transport] : transports_)
    if (auto* const smtp = dynamic_cast<delivery::SmtpTransport*>(transport.get()))
      smtp->close_idle();
}

}  // namespace postern::engine
