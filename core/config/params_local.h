// Parameters: local and virtual delivery.  Values by Settings::get; texts in params_local.cc.
#pragma once

#include "core/config/parameter.h"

namespace postern::config {

namespace params {

extern const TypedParameter<TableList> alias_maps;
extern const TypedParameter<TableList> alias_database;
extern const TypedParameter<std::string> home_mailbox;
extern const TypedParameter<std::string> mail_spool_directory;
extern const TypedParameter<std::string> mailbox_transport;
extern const TypedParameter<std::string> luser_relay;
extern const TypedParameter<std::string> fallback_transport;
extern const TypedParameter<ByteCount> mailbox_size_limit;
extern const TypedParameter<ByteCount> virtual_mailbox_limit;
extern const TypedParameter<std::string> virtual_mailbox_base;
extern const TypedParameter<TableList> virtual_mailbox_maps;
extern const TypedParameter<TableList> virtual_uid_maps;
extern const TypedParameter<TableList> virtual_gid_maps;
extern const TypedParameter<std::int64_t> virtual_minimum_uid;
extern const TypedParameter<StringList> allow_mail_to_commands;
extern const TypedParameter<StringList> allow_mail_to_files;
extern const TypedParameter<Seconds> command_time_limit;
extern const TypedParameter<std::string> forward_path;
extern const TypedParameter<bool> expand_owner_alias;
extern const TypedParameter<StringList> prepend_delivered_header;
extern const TypedParameter<StringList> mailbox_delivery_lock;
extern const TypedParameter<StringList> virtual_mailbox_lock;
extern const TypedParameter<std::int64_t> local_destination_concurrency_limit;
extern const TypedParameter<std::int64_t> local_destination_recipient_limit;
extern const TypedParameter<std::string> local_command_shell;

void declare_local();  // see registry.cc

}  // namespace params
}  // namespace postern::config
