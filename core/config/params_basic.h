// Parameters: names, addresses and domains.  Values by Settings::get; texts in params_basic.cc.
#pragma once

#include "core/config/parameter.h"

namespace postern::config {

// How mynetworks follows from the interfaces.
enum class NetworkStyle { kHost, kSubnet, kClass };

namespace params {

extern const TypedParameter<std::string> myhostname;
extern const TypedParameter<std::string> mydomain;
extern const TypedParameter<std::string> myorigin;
extern const TypedParameter<StringList> mydestination;
extern const TypedParameter<StringList> mynetworks;
extern const TypedParameter<NetworkStyle> mynetworks_style;
extern const TypedParameter<StringList> inet_interfaces;
extern const TypedParameter<StringList> inet_protocols;
extern const TypedParameter<StringList> proxy_interfaces;
extern const TypedParameter<StringList> parent_domain_matches_subdomains;
extern const TypedParameter<bool> append_dot_mydomain;
extern const TypedParameter<bool> owner_request_special;
extern const TypedParameter<std::string> double_bounce_sender;
extern const TypedParameter<std::string> empty_address_recipient;
extern const TypedParameter<bool> soft_bounce;
extern const TypedParameter<bool> smtputf8_enable;
extern const TypedParameter<std::string> mail_name;
extern const TypedParameter<std::string> mail_version;
extern const TypedParameter<std::string> mail_owner;
extern const TypedParameter<std::string> setgid_group;
extern const TypedParameter<std::string> default_privs;
extern const TypedParameter<std::string> compatibility_level;
extern const TypedParameter<std::string> config_directory;
extern const TypedParameter<std::string> queue_directory;
extern const TypedParameter<std::string> data_directory;
extern const TypedParameter<std::string> command_directory;
extern const TypedParameter<std::string> daemon_directory;
extern const TypedParameter<StringList> smtpd_restriction_classes;
extern const TypedParameter<std::string> stress;
extern const TypedParameter<std::string> multi_instance_name;
extern const TypedParameter<std::string> default_database_type;

void declare_basic();  // see registry.cc

}  // namespace params
}  // namespace postern::config
