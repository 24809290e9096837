#include "core/engine/mail_policy.h"

#include "core/config/params.h"
#include "core/engine/options/directory.h"
#include "core/engine/options/dsn.h"

namespace postern::engine {
namespace params = config::params;

Result<std::shared_ptr<const MailPolicy>> make_mail_policy(
    const config::Settings& settings, const std::vector<std::string>& own_addresses) {
  auto policy = std::make_shared<MailPolicy>();
  auto directory = routing::Directory::open(directory_options(settings, own_addresses));
  if (!directory) return std::unexpected(directory.error());
  auto dsn = dsn_options(settings);
  if (!dsn) return std::unexpected(dsn.error());
  policy->directory = std::move(*directory);
  policy->routing_may_block = routing_may_block(settings);
  policy->expansion_may_block = expansion_may_block(settings);
  policy->composer = std::make_shared<const delivery::DsnComposer>(std::move(*dsn));
  policy->trace = trace_options(settings);
  policy->message_size_limit = settings.get(params::message_size_limit).value;
  policy->hop_limit = static_cast<std::size_t>(settings.get(params::hopcount_limit));
  return policy;
}

}  // namespace postern::engine
