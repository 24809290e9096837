#include "core/config/params_basic.h"

namespace postern::config::params {
namespace {
constexpr std::string_view kArea = "Names, addresses and domains";
}

void declare_basic() {}

const TypedParameter<std::string> myhostname{
    kArea,
    {
        .name = "myhostname",
        .text = "The name of this host in greetings, Received headers and bounces. Without a "
                "setting it "
                "is the system's host name; a name without a dot gets \".localdomain\".",
        .example = "mail.example.com",
        .reloadable = false,
    }};

const TypedParameter<std::string> mydomain{
    kArea,
    {
        .name = "mydomain",
        .text =
            "The domain that this host belongs to. Without a setting it is $myhostname without its "
            "first label, or \"localdomain\".",
        .example = "example.com",
    }};

const TypedParameter<std::string> myorigin{
    kArea,
    {
        .name = "myorigin",
        .initial = "$myhostname",
        .text =
            "The domain that completes addresses which have none, of mail that is written here. A "
            "value that begins with \"/\" names a file whose first line is the domain.",
        .example = "/etc/mailname",
    }};

const TypedParameter<StringList> mydestination{
    kArea,
    {
        .name = "mydestination",
        .initial = "$myhostname, localhost.$mydomain, localhost",
        .text =
            "The domains whose mail is handed to local_transport. Words are domains, /file names "
            "and type:table lookups; a \"!\" before a word leaves out what it matches.",
        .example = "$myhostname, $mydomain, localhost",
    }};

const TypedParameter<StringList> mynetworks{
    kArea,
    {
        .name = "mynetworks",
        .text =
            "The clients that permit_mynetworks trusts: addresses, networks in CIDR form, /file "
            "names and tables, with \"!\" to leave out. Without a setting it follows "
            "mynetworks_style.",
        .example = "127.0.0.0/8 [::1]/128 192.0.2.0/24",
    }};

const TypedParameter<NetworkStyle> mynetworks_style{
    kArea,
    {
        .name = "mynetworks_style",
        .initial = "host",
        .text =
            "How mynetworks is derived when it is not set: only this host's own addresses (host), "
            "the networks its interfaces are in (subnet), or the whole historical class A, B or C "
            "network (class).",
        .choices = "host subnet class",
    }};

const TypedParameter<StringList> inet_interfaces{
    kArea,
    {
        .name = "inet_interfaces",
        .initial = "all",
        .text =
            "The addresses on which smtpd listens where master.cf names none: all, loopback-only, "
            "or host names and addresses.",
        .example = "loopback-only",
        .reloadable = false,
    }};

const TypedParameter<StringList> inet_protocols{
    kArea,
    {
        .name = "inet_protocols",
        .initial = "all",
        .text = "The IP versions to listen and to connect with: all, or ipv4 and ipv6 by name.",
        .example = "ipv4",
        .reloadable = false,
    }};

const TypedParameter<StringList> proxy_interfaces{
    kArea,
    {
        .name = "proxy_interfaces",
        .text = "Further addresses that reach this host through a proxy or a translator; mail for "
                "an MX "
                "with such an address is not sent back out.",
    }};

const TypedParameter<StringList> parent_domain_matches_subdomains{
    kArea,
    {
        .name = "parent_domain_matches_subdomains",
        .initial = "debug_peer_list,fast_flush_domains,mynetworks,permit_mx_backup_networks,qmqpd_"
                   "authorized_clients,relay_domains,smtpd_access_maps",
        .text =
            "The lists in which \"example.com\" also matches its subdomains; elsewhere that takes "
            "\".example.com\".",
    }};

const TypedParameter<bool> append_dot_mydomain{
    kArea,
    {
        .name = "append_dot_mydomain",
        .initial = "no",
        .text = "Whether .$mydomain completes domains without a dot in mail written here.",
    }};

const TypedParameter<bool> owner_request_special{
    kArea,
    {
        .name = "owner_request_special",
        .initial = "yes",
        .text = "Whether owner-name and name-request are looked up whole, not cut at a \"-\" in "
                "recipient_delimiter.",
    }};

const TypedParameter<std::string> double_bounce_sender{
    kArea,
    {
        .name = "double_bounce_sender",
        .initial = "double-bounce",
        .text = "The local part that sends notices about undeliverable bounces. Mail to it "
                "vanishes, so "
                "no loop can start.",
    }};

const TypedParameter<std::string> empty_address_recipient{
    kArea,
    {
        .name = "empty_address_recipient",
        .initial = "MAILER-DAEMON",
        .text = "The recipient that stands for the empty address <>.",
    }};

const TypedParameter<bool> soft_bounce{
    kArea,
    {
        .name = "soft_bounce",
        .initial = "no",
        .text =
            "Turns every permanent failure into a temporary one, on the way in and on the way out, "
            "while a site is being tried.",
    }};

const TypedParameter<bool> smtputf8_enable{
    kArea,
    {
        .name = "smtputf8_enable",
        .initial = "yes",
        .text = "Whether SMTPUTF8 is offered, and used where a message needs it.",
    }};

const TypedParameter<std::string> mail_name{
    kArea,
    {
        .name = "mail_name",
        .initial = "Postfix",
        .text = "The name of the software as the greeting and the Received header show it.",
    }};

const TypedParameter<std::string> mail_version{
    kArea,
    {
        .name = "mail_version",
        .initial = "0.1.0",
        .text = "The version that $mail_version stands for.",
    }};

const TypedParameter<std::string> mail_owner{
    kArea,
    {
        .name = "mail_owner",
        .initial = "postfix",
        .text = "The user that owns the queue and as whom the engine runs after it has bound its "
                "ports.",
        .reloadable = false,
    }};

const TypedParameter<std::string> setgid_group{
    kArea,
    {
        .name = "setgid_group",
        .initial = "postdrop",
        .text = "The group that may hand mail to the queue from the command line.",
        .reloadable = false,
    }};

const TypedParameter<std::string> default_privs{
    kArea,
    {
        .name = "default_privs",
        .initial = "nobody",
        .text = "The user for commands and files that an alias of root names.",
    }};

const TypedParameter<std::string> compatibility_level{
    kArea,
    {
        .name = "compatibility_level",
        .initial = "3.9",
        .text =
            "The level a site was written for. Defaults here are always those of the present "
            "level; "
            "the value only serves comparisons such as ${{$compatibility_level} <level {3.6} ? {a} "
            ": {b}}.",
    }};

const TypedParameter<std::string> config_directory{
    kArea,
    {
        .name = "config_directory",
        .initial = "/etc/postfix",
        .text = "The directory of main.cf and master.cf; set by the -c option, not in a file.",
        .reloadable = false,
    }};

const TypedParameter<std::string> queue_directory{
    kArea,
    {
        .name = "queue_directory",
        .initial = "/var/spool/postfix",
        .text = "The directory of the queue. Relative socket names begin here.",
        .reloadable = false,
    }};

const TypedParameter<std::string> data_directory{
    kArea,
    {
        .name = "data_directory",
        .initial = "/var/lib/postfix",
        .text = "What $data_directory stands for in other settings; Postern writes nothing there.",
        .reloadable = false,
    }};

const TypedParameter<std::string> command_directory{
    kArea,
    {
        .name = "command_directory",
        .initial = "/usr/sbin",
        .text = "What $command_directory stands for in other settings.",
    }};

const TypedParameter<std::string> daemon_directory{
    kArea,
    {
        .name = "daemon_directory",
        .initial = "/usr/lib/postfix/sbin",
        .text = "What $daemon_directory stands for in other settings.",
    }};

const TypedParameter<StringList> smtpd_restriction_classes{
    kArea,
    {
        .name = "smtpd_restriction_classes",
        .text = "Names that may stand in restriction lists for the lists which parameters of these "
                "names hold.",
        .example = "insiders_only",
    }};

const TypedParameter<std::string> stress{
    kArea,
    {
        .name = "stress",
        .text = "Always empty: Postern adapts its limits to load by itself. Values such as "
                "${stress?{10}:{300}} take their calm form.",
    }};

const TypedParameter<std::string> multi_instance_name{
    kArea,
    {
        .name = "multi_instance_name",
        .text = "The name of this instance where several share a host; the default of syslog_name "
                "begins with it.",
    }};

const TypedParameter<std::string> default_database_type{
    kArea,
    {
        .name = "default_database_type",
        .initial = "hash",
        .text = "What ${default_database_type} stands for in table names.",
    }};

}  // namespace postern::config::params
