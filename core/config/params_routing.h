// Parameters: address classes and routing.  Values by Settings::get; texts in params_routing.cc.
#pragma once

#include "core/config/parameter.h"

namespace postern::config {

namespace params {

extern const TypedParameter<std::string> relayhost;
extern const TypedParameter<StringList> relay_domains;
extern const TypedParameter<TableList> relay_recipient_maps;
extern const TypedParameter<TableList> local_recipient_maps;
extern const TypedParameter<std::string> local_transport;
extern const TypedParameter<std::string> virtual_transport;
extern const TypedParameter<std::string> relay_transport;
extern const TypedParameter<std::string> default_transport;
extern const TypedParameter<TableList> transport_maps;
extern const TypedParameter<StringList> virtual_alias_domains;
extern const TypedParameter<TableList> virtual_alias_maps;
extern const TypedParameter<TableList> virtual_maps;
extern const TypedParameter<std::int64_t> virtual_alias_expansion_limit;
extern const TypedParameter<std::int64_t> virtual_alias_recursion_limit;
extern const TypedParameter<std::int64_t> virtual_alias_address_length_limit;
extern const TypedParameter<StringList> propagate_unmatched_extensions;
extern const TypedParameter<StringList> virtual_mailbox_domains;
extern const TypedParameter<std::string> recipient_delimiter;

void declare_routing();  // see registry.cc

}  // namespace params
}  // namespace postern::config
