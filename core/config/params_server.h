// Parameters: engine, log and monitoring.  Values by Settings::get; texts in params_server.cc.
#pragma once

#include "core/config/parameter.h"

namespace postern::config {

enum class LogFormat { kPostfix, kJson };

namespace params {

extern const TypedParameter<std::int64_t> worker_loops;
extern const TypedParameter<std::int64_t> file_worker_threads;
extern const TypedParameter<ByteCount> memory_budget;
extern const TypedParameter<std::int64_t> connection_limit;
extern const TypedParameter<std::string> metrics_listen;
extern const TypedParameter<std::string> admin_socket;
extern const TypedParameter<StringList> admin_users;
extern const TypedParameter<Seconds> shutdown_timeout;
extern const TypedParameter<std::int64_t> queue_message_limit;
extern const TypedParameter<StringList> dns_servers;
extern const TypedParameter<std::string> dnssec_trust_anchor_file;
extern const TypedParameter<LogFormat> log_format;
extern const TypedParameter<std::string> maillog_file;
extern const TypedParameter<StringList> maillog_file_prefixes;
extern const TypedParameter<std::string> syslog_name;

void declare_server();  // see registry.cc

}  // namespace params
}  // namespace postern::config
