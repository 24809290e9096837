#include "core/config/params_server.h"

namespace postern::config::params {
namespace {
constexpr std::string_view kArea = "Engine, log and monitoring";
}

void declare_server() {}

const TypedParameter<std::int64_t> worker_loops{
    kArea,
    {
        .name = "worker_loops",
        .initial = "0",
        .text = "The number of event loops; 0 is one for each CPU.",
        .min = 0,
        .max = 1024,
        .reloadable = false,
    }};

const TypedParameter<std::int64_t> file_worker_threads{
    kArea,
    {
        .name = "file_worker_threads",
        .initial = "4",
        .text = "The number of threads for blocking file work.",
        .min = 1,
        .max = 1024,
        .reloadable = false,
    }};

const TypedParameter<ByteCount> memory_budget{
    kArea,
    {
        .name = "memory_budget",
        .initial = "268435456",
        .text = "The most memory for message data in flight; beyond it new sessions get 421.",
        .min = 1048576,
    }};

const TypedParameter<std::int64_t> connection_limit{
    kArea,
    {
        .name = "connection_limit",
        .initial = "20000",
        .text = "The most SMTP sessions of all listeners together.",
        .min = 1,
    }};

const TypedParameter<std::string> metrics_listen{
    kArea,
    {
        .name = "metrics_listen",
        .text = "Where Prometheus fetches /metrics: address:port. Empty: nowhere.",
        .example = "127.0.0.1:9154",
        .reloadable = false,
    }};

const TypedParameter<std::string> admin_socket{
    kArea,
    {
        .name = "admin_socket",
        .initial = "private/admin",
        .text = "The unix socket of the tools, below queue_directory or absolute.",
        .reloadable = false,
    }};

const TypedParameter<StringList> admin_users{
    kArea,
    {
        .name = "admin_users",
        .initial = "root, $mail_owner",
        .text = "The local users that may change the queue through the admin socket.",
    }};

const TypedParameter<Seconds> shutdown_timeout{
    kArea,
    {
        .name = "shutdown_timeout",
        .initial = "30s",
        .text = "How long a stop waits for sessions and deliveries that are under way.",
        .min = 0,
    }};

const TypedParameter<std::int64_t> queue_message_limit{
    kArea,
    {
        .name = "queue_message_limit",
        .initial = "5000000",
        .text = "The most messages in the queue; beyond it new mail gets 452. 0 is no limit.",
        .min = 0,
    }};

const TypedParameter<StringList> dns_servers{
    kArea,
    {
        .name = "dns_servers",
        .text = "The name servers to ask: address, or address:port. Empty: those of "
                "/etc/resolv.conf.",
        .example = "127.0.0.1, [2001:db8::1]:5353",
        .reloadable = false,
    }};

const TypedParameter<std::string> dnssec_trust_anchor_file{
    kArea,
    {
        .name = "dnssec_trust_anchor_file",
        .text = "The file with the root's DNSSEC key. Empty: no answer counts as secure.",
        .example = "/usr/share/dns/root.key",
        .reloadable = false,
    }};

const TypedParameter<LogFormat> log_format{
    kArea,
    {
        .name = "log_format",
        .initial = "postfix",
        .text = "The form of log lines: Postfix's, or one JSON object a line.",
        .choices = "postfix json",
    }};

const TypedParameter<std::string> maillog_file{
    kArea,
    {
        .name = "maillog_file",
        .text = "The log file; /dev/stdout is allowed, empty is syslog.",
        .example = "/var/log/mail.log",
    }};

const TypedParameter<StringList> maillog_file_prefixes{
    kArea,
    {
        .name = "maillog_file_prefixes",
        .initial = "/var, /dev/stdout",
        .text = "What maillog_file must begin with, so that a slip can't write elsewhere.",
    }};

const TypedParameter<std::string> syslog_name{
    kArea,
    {
        .name = "syslog_name",
        .initial = "${multi_instance_name?{$multi_instance_name}:{postfix}}",
        .text = "The word before the slash in the tag of log lines.",
        .example = "postfix/submission",
    }};

}  // namespace postern::config::params
