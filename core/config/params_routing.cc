#include "core/config/params_routing.h"

namespace postern::config::params {
namespace {
constexpr std::string_view kArea = "Address classes and routing";
}

void declare_routing() {}

const TypedParameter<std::string> relayhost{
    kArea,
    {
        .name = "relayhost",
        .text = "The next hop for mail that is not for this site and that no transport table sends "
                "elsewhere. [brackets] switch off the MX lookup; :port may follow.",
        .example = "[smtp.example.com]:587",
    }};

const TypedParameter<StringList> relay_domains{
    kArea,
    {
        .name = "relay_domains",
        .text = "The domains for which this host relays as a backup or gateway, besides its own.",
        .example = "example.net, hash:/etc/postfix/relay_domains",
    }};

const TypedParameter<TableList> relay_recipient_maps{
    kArea,
    {
        .name = "relay_recipient_maps",
        .text = "The valid addresses in relay_domains. When empty, every address in them is taken.",
        .example = "hash:/etc/postfix/relay_recipients",
    }};

const TypedParameter<TableList> local_recipient_maps{
    kArea,
    {
        .name = "local_recipient_maps",
        .initial = "proxy:unix:passwd.byname $alias_maps",
        .text =
            "The valid local recipients. When empty, every local part in mydestination is taken.",
    }};

const TypedParameter<std::string> local_transport{
    kArea,
    {
        .name = "local_transport",
        .initial = "local:$myhostname",
        .text = "The transport (and, after a colon, next hop) for mydestination.",
    }};

const TypedParameter<std::string> virtual_transport{
    kArea,
    {
        .name = "virtual_transport",
        .initial = "virtual",
        .text = "The transport for virtual_mailbox_domains.",
        .example = "lmtp:unix:private/dovecot-lmtp",
    }};

const TypedParameter<std::string> relay_transport{kArea,
                                                  {
                                                      .name = "relay_transport",
                                                      .initial = "relay",
                                                      .text = "The transport for relay_domains.",
                                                  }};

const TypedParameter<std::string> default_transport{
    kArea,
    {
        .name = "default_transport",
        .initial = "smtp",
        .text = "The transport for all other destinations.",
    }};

const TypedParameter<TableList> transport_maps{
    kArea,
    {
        .name = "transport_maps",
        .text = "Tables that give a recipient or domain its own transport:nexthop. They come "
                "before the "
                "transports of the address classes.",
        .example = "hash:/etc/postfix/transport",
    }};

const TypedParameter<StringList> virtual_alias_domains{
    kArea,
    {
        .name = "virtual_alias_domains",
        .initial = "$virtual_alias_maps",
        .text = "The domains all of whose addresses are aliases.",
    }};

const TypedParameter<TableList> virtual_alias_maps{
    kArea,
    {
        .name = "virtual_alias_maps",
        .initial = "$virtual_maps",
        .text = "Tables that replace a recipient by other addresses, in every domain.",
        .example = "hash:/etc/postfix/virtual",
    }};

const TypedParameter<TableList> virtual_maps{
    kArea,
    {
        .name = "virtual_maps",
        .text = "The name virtual_alias_maps had long ago; still read where that one is not set.",
    }};

const TypedParameter<std::int64_t> virtual_alias_expansion_limit{
    kArea,
    {
        .name = "virtual_alias_expansion_limit",
        .initial = "1000",
        .text = "The most addresses that one recipient may become through virtual_alias_maps.",
        .min = 1,
    }};

const TypedParameter<std::int64_t> virtual_alias_recursion_limit{
    kArea,
    {
        .name = "virtual_alias_recursion_limit",
        .initial = "1000",
        .text = "How deep aliases may lead to aliases in virtual_alias_maps.",
        .min = 1,
    }};

const TypedParameter<std::int64_t> virtual_alias_address_length_limit{
    kArea,
    {
        .name = "virtual_alias_address_length_limit",
        .initial = "1000",
        .text =
            "The longest address that an alias expansion may produce; guards against loops that "
            "grow.",
        .min = 1,
    }};

const TypedParameter<StringList> propagate_unmatched_extensions{
    kArea,
    {
        .name = "propagate_unmatched_extensions",
        .initial = "canonical, virtual",
        .text = "The lookups whose result gets the address extension of the key, where the key was "
                "found without it.",
    }};

const TypedParameter<StringList> virtual_mailbox_domains{
    kArea,
    {
        .name = "virtual_mailbox_domains",
        .initial = "$virtual_mailbox_maps",
        .text = "The domains whose mail goes to virtual_transport.",
        .example = "example.com, example.org",
    }};

const TypedParameter<std::string> recipient_delimiter{
    kArea,
    {
        .name = "recipient_delimiter",
        .text =
            "The characters that separate the user from an extension in a local part (user+ext). "
            "Any of them separates.",
        .example = "+",
    }};

}  // namespace postern::config::params
