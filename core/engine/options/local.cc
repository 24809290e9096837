#include "core/engine/options/local.h"

#include "core/config/params.h"
#include "core/engine/options/agent.h"
#include "core/engine/options/text.h"

namespace postern::engine {
namespace {
namespace params = config::params;

// The error with the parameter that caused it.
std::unexpected<Error> at(const config::Parameter& parameter, const Error& error) {
  return std::unexpected(
      Error{error.kind, fmt::format("{}: {}", parameter.name(), error.context), error.sys_errno});
}

Result<maps::TableList> open(const config::Settings& view, const config::Parameter& parameter) {
  auto tables = maps::TableList::open(text_of(view, parameter));
  if (!tables) return at(parameter, tables.error());
  return tables;
}

Result<delivery::MailboxLocks> locks(const config::Settings& view,
                                     const config::TypedParameter<config::StringList>& parameter) {
  auto parsed = delivery::MailboxLocks::parse(view.get(parameter));
  if (!parsed) return at(parameter, parsed.error());
  return parsed;
}

Result<delivery::ExpansionOptions> expansion(const config::Settings& view) {
  delivery::ExpansionOptions out;
  const struct {
    const config::TypedParameter<config::StringList>* parameter;
    delivery::SourceSet* set;
  } sources[] = {{&params::allow_mail_to_commands, &out.commands},
                 {&params::allow_mail_to_files, &out.files}};
  for (const auto& [parameter, set] : sources) {
    auto parsed = delivery::SourceSet::parse(view.get(*parameter));
    if (!parsed) return at(*parameter, parsed.error());
    *set = *parsed;
  }
  // A host without the user can do without, as long as no alias of root names a command or file.
  if (auto identity = find_identity(view.get(params::default_privs)))
    out.default_privs = *identity;
  else if (out.commands.alias || out.files.alias)
    return at(params::default_privs, identity.error());
  auto paths = config::parse_list(view.get(params::forward_path));
  if (!paths) return at(params::forward_path, paths.error());
  out.forward_path = std::move(*paths);
  out.owner_request_special = view.get(params::owner_request_special);
  out.expand_owner_alias = view.get(params::expand_owner_alias);
  return out;
}

}  // namespace

Result<delivery::LocalOptions> local_options(const config::Settings& view,
                                             const config::ServiceEntry& entry) {
  delivery::LocalOptions out;
  out.service = entry.name;
  out.myhostname = view.get(params::myhostname);
  out.home_mailbox = view.get(params::home_mailbox);
  out.spool_directory = view.get(params::mail_spool_directory);
  out.mailbox_limit = view.get(params::mailbox_size_limit).value;
  auto lock = locks(view, params::mailbox_delivery_lock);
  if (!lock) return std::unexpected(lock.error());
  out.locks = *lock;
  out.luser_relay = view.get(params::luser_relay);
  out.command_shell = view.get(params::local_command_shell);
  out.command_time_limit = view.get(params::command_time_limit);
  auto expanded = expansion(view);
  if (!expanded) return std::unexpected(expanded.error());
  out.expansion = std::move(*expanded);
  const auto& delivered = view.get(params::prepend_delivered_header);
  out.delivered_header_for_commands = has_word(delivered, "command");
  out.delivered_header_for_files = has_word(delivered, "file");
  out.delivered_header_for_forwards = has_word(delivered, "forward");
  return out;
}

Result<delivery::VirtualOptions> virtual_options(const config::Settings& view,
                                                 const config::ServiceEntry& entry) {
  delivery::VirtualOptions out;
  out.service = entry.name;
  out.mailbox_base = view.get(params::virtual_mailbox_base);
  auto mailboxes = open(view, params::virtual_mailbox_maps);
  if (!mailboxes) return std::unexpected(mailboxes.error());
  out.mailboxes = std::move(*mailboxes);
  auto uids = open(view, params::virtual_uid_maps);
  if (!uids) return std::unexpected(uids.error());
  out.uids = std::move(*uids);
  auto gids = open(view, params::virtual_gid_maps);
  if (!gids) return std::unexpected(gids.error());
  out.gids = std::move(*gids);
  out.minimum_uid = static_cast<uid_t>(view.get(params::virtual_minimum_uid));
  out.mailbox_limit = view.get(params::virtual_mailbox_limit).value;
  out.recipient_delimiter = view.get(params::recipient_delimiter);
  out.myhostname = view.get(params::myhostname);
  auto lock = locks(view, params::virtual_mailbox_lock);
  if (!lock) return std::unexpected(lock.error());
  out.locks = *lock;
  return out;
}

Result<delivery::PipeOptions> pipe_options(const config::Settings& view,
                                           const config::ServiceEntry& entry) {
  delivery::PipeOptions out;
  auto service = delivery::PipeService::parse(entry.name, entry.arguments);
  if (!service) return std::unexpected(service.error());
  auto owner = find_identity(service->user);
  if (!owner) return fail(owner.error().kind, "user=: {}", owner.error().context);
  out.service = std::move(*service);
  out.owner = *owner;
  out.time_limit = view.transport_limit(entry.name, params::time_limit);
  out.recipient_delimiter = view.get(params::recipient_delimiter);
  return out;
}

}  // namespace postern::engine
