#include "core/config/params_queue.h"

namespace postern::config::params {
namespace {
constexpr std::string_view kArea = "Queue, retries and bounces";
}

void declare_queue() {}

const TypedParameter<Seconds> minimal_backoff_time{
    kArea,
    {
        .name = "minimal_backoff_time",
        .initial = "300s",
        .text = "The shortest time between two attempts for one message.",
        .min = 1,
    }};

const TypedParameter<Seconds> maximal_backoff_time{
    kArea,
    {
        .name = "maximal_backoff_time",
        .initial = "4000s",
        .text = "The longest time between two attempts for one message.",
        .min = 1,
    }};

const TypedParameter<Seconds> maximal_queue_lifetime{
    kArea,
    {
        .name = "maximal_queue_lifetime",
        .initial = "5d",
        .text = "How long a message may stay undelivered before it is returned.",
        .min = 0,
        .max = 8640000,
        .unit = 'd',
    }};

const TypedParameter<Seconds> bounce_queue_lifetime{
    kArea,
    {
        .name = "bounce_queue_lifetime",
        .initial = "5d",
        .text = "The same for messages with the null sender; they are dropped then.",
        .min = 0,
        .max = 8640000,
        .unit = 'd',
    }};

const TypedParameter<Seconds> delay_warning_time{
    kArea,
    {
        .name = "delay_warning_time",
        .initial = "0h",
        .text = "After how long the sender is told that a message is still waiting; 0 means never.",
        .example = "4h",
        .min = 0,
        .unit = 'h',
    }};

const TypedParameter<Seconds> queue_run_delay{
    kArea,
    {
        .name = "queue_run_delay",
        .initial = "300s",
        .text = "How often the queue looks for messages that are due.",
        .min = 1,
    }};

const TypedParameter<std::int64_t> qmgr_message_active_limit{
    kArea,
    {
        .name = "qmgr_message_active_limit",
        .initial = "20000",
        .text = "The most messages that are worked on at a time; the rest waits on disk.",
        .min = 1,
    }};

const TypedParameter<std::int64_t> qmgr_message_recipient_limit{
    kArea,
    {
        .name = "qmgr_message_recipient_limit",
        .initial = "20000",
        .text = "The most recipients that are held in memory at a time.",
        .min = 1,
    }};

const TypedParameter<std::int64_t> default_process_limit{
    kArea,
    {
        .name = "default_process_limit",
        .initial = "100",
        .text =
            "The most parallel sessions or deliveries of a service for which master.cf gives no "
            "number (\"-\").",
        .min = 1,
    }};

const TypedParameter<std::int64_t> default_destination_concurrency_limit{
    kArea,
    {
        .name = "default_destination_concurrency_limit",
        .initial = "20",
        .text = "The most parallel deliveries to one destination; 0 is no limit.",
        .min = 0,
    }};

const TypedParameter<std::int64_t> initial_destination_concurrency{
    kArea,
    {
        .name = "initial_destination_concurrency",
        .initial = "5",
        .text = "How many parallel deliveries a destination begins with.",
        .min = 1,
    }};

const TypedParameter<std::int64_t> default_destination_recipient_limit{
    kArea,
    {
        .name = "default_destination_recipient_limit",
        .initial = "50",
        .text = "The most recipients in one delivery; 0 is no limit, 1 also makes each recipient a "
                "destination of its own.",
        .min = 0,
    }};

const TypedParameter<Seconds> default_destination_rate_delay{
    kArea,
    {
        .name = "default_destination_rate_delay",
        .initial = "0s",
        .text = "The pause between two deliveries to one destination; above 0 it also makes the "
                "concurrency 1.",
        .min = 0,
    }};

const TypedParameter<Seconds> default_transport_rate_delay{
    kArea,
    {
        .name = "default_transport_rate_delay",
        .initial = "0s",
        .text = "The pause between two deliveries of one transport.",
        .min = 0,
    }};

const TypedParameter<std::string> default_destination_concurrency_negative_feedback{
    kArea,
    {
        .name = "default_destination_concurrency_negative_feedback",
        .initial = "1",
        .text = "What a failed connection takes from the concurrency: a fraction, 1/concurrency or "
                "1/sqrt_concurrency forms included.",
    }};

const TypedParameter<std::string> default_destination_concurrency_positive_feedback{
    kArea,
    {
        .name = "default_destination_concurrency_positive_feedback",
        .initial = "1",
        .text = "What a good delivery adds to the concurrency, in the same forms.",
    }};

const TypedParameter<std::int64_t> default_destination_concurrency_failed_cohort_limit{
    kArea,
    {
        .name = "default_destination_concurrency_failed_cohort_limit",
        .initial = "1",
        .text = "After how many rounds of failures a destination counts as dead; 0 is never.",
        .min = 0,
    }};

const TypedParameter<StringList> defer_transports{
    kArea,
    {
        .name = "defer_transports",
        .initial = "",
        .text = "Services of master.cf whose mail waits in the queue, without an attempt, until an "
                "operator flushes it; each flush is good for one attempt.",
        .example = "smtp",
    }};

const TypedParameter<StringList> notify_classes{
    kArea,
    {
        .name = "notify_classes",
        .initial = "resource, software",
        .text =
            "The events the postmaster is told of: bounce, 2bounce, data, delay, policy, protocol, "
            "resource, software.",
    }};

const TypedParameter<std::string> bounce_notice_recipient{
    kArea,
    {
        .name = "bounce_notice_recipient",
        .initial = "postmaster",
        .text = "Who is told of bounces (notify_classes).",
    }};

const TypedParameter<std::string> double_bounce_notice_recipient{
    kArea,
    {
        .name = "2bounce_notice_recipient",
        .initial = "postmaster",
        .text = "Who gets bounces that can't be delivered.",
    }};

const TypedParameter<std::string> delay_notice_recipient{kArea,
                                                         {
                                                             .name = "delay_notice_recipient",
                                                             .initial = "postmaster",
                                                             .text = "Who is told of delays.",
                                                         }};

const TypedParameter<std::string> error_notice_recipient{
    kArea,
    {
        .name = "error_notice_recipient",
        .initial = "postmaster",
        .text = "Who is told of protocol and resource trouble.",
    }};

const TypedParameter<ByteCount> bounce_size_limit{
    kArea,
    {
        .name = "bounce_size_limit",
        .initial = "50000",
        .text = "How much of the message a bounce returns; a longer one returns its headers only.",
        .min = 0,
    }};

const TypedParameter<ByteCount> message_size_limit{
    kArea,
    {
        .name = "message_size_limit",
        .initial = "10240000",
        .text = "The largest message, headers included; also announced with SIZE. 0 is no limit.",
        .example = "52428800",
        .min = 0,
    }};

const TypedParameter<ByteCount> queue_minfree{
    kArea,
    {
        .name = "queue_minfree",
        .initial = "0",
        .text = "The free space below which new mail gets 452; 0 means one and a half times "
                "message_size_limit.",
        .min = 0,
    }};

const TypedParameter<std::int64_t> hopcount_limit{
    kArea,
    {
        .name = "hopcount_limit",
        .initial = "50",
        .text = "The most Received headers; more count as a mail loop.",
        .min = 1,
    }};

const TypedParameter<bool> enable_long_queue_ids{
    kArea,
    {
        .name = "enable_long_queue_ids",
        .initial = "yes",
        .text = "Accepted; queue ids are always long here and never used twice.",
    }};

const TypedParameter<QueueDurability> queue_durability{
    kArea,
    {
        .name = "queue_durability",
        .initial = "durable",
        .text =
            "What a 250 promises. durable: the message is on disk (fsync) and survives a loss of "
            "power. process: it survives a crash of the process. memory: for tests.",
        .choices = "durable process memory",
        .reloadable = false,
    }};

const TypedParameter<bool> queue_volatile_allowed{
    kArea,
    {
        .name = "queue_volatile_allowed",
        .initial = "no",
        .text =
            "Whether queue_durability = durable may run on a file system that does not outlive the "
            "machine, such as tmpfs.",
        .reloadable = false,
    }};

const TypedParameter<ByteCount> queue_segment_size{
    kArea,
    {
        .name = "queue_segment_size",
        .initial = "67108864",
        .text = "The size at which the queue begins a new log file.",
        .min = 1048576,
        .max = 4294967296,
        .reloadable = false,
    }};

const TypedParameter<ByteCount> queue_large_message_size{
    kArea,
    {
        .name = "queue_large_message_size",
        .initial = "262144",
        .text = "Messages from this size on get a file of their own beside the log.",
        .min = 4096,
        .max = 67108864,
    }};

const TypedParameter<ByteCount> queue_inode_minfree{
    kArea,
    {
        .name = "queue_inode_minfree",
        .initial = "1000",
        .text = "The number of free inodes below which new mail gets 452.",
        .min = 0,
    }};

const TypedParameter<std::int64_t> queue_clean_percent{
    kArea,
    {
        .name = "queue_clean_percent",
        .initial = "50",
        .text = "A log file with less than this share of live data is rewritten.",
        .min = 0,
        .max = 99,
    }};

}  // namespace postern::config::params
