// Parameters: queue, retries and bounces.  Values by Settings::get; texts in params_queue.cc.
#pragma once

#include "core/config/parameter.h"

namespace postern::config {

enum class QueueDurability { kDurable, kProcess, kMemory };

namespace params {

extern const TypedParameter<Seconds> minimal_backoff_time;
extern const TypedParameter<Seconds> maximal_backoff_time;
extern const TypedParameter<Seconds> maximal_queue_lifetime;
extern const TypedParameter<Seconds> bounce_queue_lifetime;
extern const TypedParameter<Seconds> delay_warning_time;
extern const TypedParameter<Seconds> queue_run_delay;
extern const TypedParameter<std::int64_t> qmgr_message_active_limit;
extern const TypedParameter<std::int64_t> qmgr_message_recipient_limit;
extern const TypedParameter<std::int64_t> default_process_limit;
extern const TypedParameter<std::int64_t> default_destination_concurrency_limit;
extern const TypedParameter<std::int64_t> initial_destination_concurrency;
extern const TypedParameter<std::int64_t> default_destination_recipient_limit;
extern const TypedParameter<Seconds> default_destination_rate_delay;
extern const TypedParameter<Seconds> default_transport_rate_delay;
extern const TypedParameter<std::string> default_destination_concurrency_negative_feedback;
extern const TypedParameter<std::string> default_destination_concurrency_positive_feedback;
extern const TypedParameter<std::int64_t> default_destination_concurrency_failed_cohort_limit;
extern const TypedParameter<StringList> defer_transports;
extern const TypedParameter<StringList> notify_classes;
extern const TypedParameter<std::string> bounce_notice_recipient;
extern const TypedParameter<std::string> double_bounce_notice_recipient;
extern const TypedParameter<std::string> delay_notice_recipient;
extern const TypedParameter<std::string> error_notice_recipient;
extern const TypedParameter<ByteCount> bounce_size_limit;
extern const TypedParameter<ByteCount> message_size_limit;
extern const TypedParameter<ByteCount> queue_minfree;
extern const TypedParameter<std::int64_t> hopcount_limit;
extern const TypedParameter<bool> enable_long_queue_ids;
extern const TypedParameter<QueueDurability> queue_durability;
extern const TypedParameter<bool> queue_volatile_allowed;
extern const TypedParameter<ByteCount> queue_segment_size;
extern const TypedParameter<ByteCount> queue_large_message_size;
extern const TypedParameter<ByteCount> queue_inode_minfree;
extern const TypedParameter<std::int64_t> queue_clean_percent;

// <transport>_... forms, by Settings::transport_limit.
extern const TransportParameter<std::int64_t> destination_concurrency_limit;
extern const TransportParameter<std::string> destination_concurrency_negative_feedback;
extern const TransportParameter<std::string> destination_concurrency_positive_feedback;
extern const TransportParameter<std::int64_t> destination_concurrency_failed_cohort_limit;
extern const TransportParameter<std::int64_t> destination_recipient_limit;
extern const TransportParameter<Seconds> destination_rate_delay;
extern const TransportParameter<std::int64_t> initial_concurrency;
extern const TransportParameter<Seconds> transport_rate_delay;
extern const TransportParameter<Seconds> time_limit;

void declare_queue();  // see registry.cc

}  // namespace params
}  // namespace postern::config
