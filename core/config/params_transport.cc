#include "core/config/params_local.h"
#include "core/config/params_queue.h"

namespace postern::config::params {

const TransportParameter<std::int64_t> destination_concurrency_limit{
    "_destination_concurrency_limit", &default_destination_concurrency_limit,
    "The most parallel deliveries of this transport to one destination."};
const TransportParameter<std::string> destination_concurrency_negative_feedback{
    "_destination_concurrency_negative_feedback",
    &default_destination_concurrency_negative_feedback,
    "What a failed connection takes from this transport's concurrency."};
const TransportParameter<std::string> destination_concurrency_positive_feedback{
    "_destination_concurrency_positive_feedback",
    &default_destination_concurrency_positive_feedback,
    "What a good delivery adds to this transport's concurrency."};
const TransportParameter<std::int64_t> destination_concurrency_failed_cohort_limit{
    "_destination_concurrency_failed_cohort_limit",
    &default_destination_concurrency_failed_cohort_limit,
    "After how many rounds of failures a destination of this transport counts as dead."};
const TransportParameter<std::int64_t> destination_recipient_limit{
    "_destination_recipient_limit", &default_destination_recipient_limit,
    "The most recipients in one delivery of this transport."};
const TransportParameter<Seconds> destination_rate_delay{
    "_destination_rate_delay", &default_destination_rate_delay,
    "The pause between two deliveries of this transport to one destination."};
const TransportParameter<std::int64_t> initial_concurrency{
    "_initial_destination_concurrency", &initial_destination_concurrency,
    "How many parallel deliveries a destination of this transport begins with."};
const TransportParameter<Seconds> transport_rate_delay{
    "_transport_rate_delay", &default_transport_rate_delay,
    "The pause between two deliveries of this transport."};
const TransportParameter<Seconds> time_limit{
    "_time_limit", &command_time_limit,
    "How long a command of this transport may take for one delivery."};

}  // namespace postern::config::params
