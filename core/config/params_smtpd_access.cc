#include "core/config/params_smtpd_access.h"

namespace postern::config::params {
namespace {
constexpr std::string_view kArea = "SMTP server: who may send what";
}

void declare_smtpd_access() {}

const TypedParameter<bool> smtpd_peername_lookup{
    kArea,
    {
        .name = "smtpd_peername_lookup",
        .initial = "yes",
        .text = "Whether the client's address is looked up for its name.",
    }};

const TypedParameter<bool> smtpd_delay_reject{
    kArea,
    {
        .name = "smtpd_delay_reject",
        .initial = "yes",
        .text = "Whether refusals by client, name and sender wait until RCPT.",
    }};

const TypedParameter<RestrictionList> smtpd_relay_restrictions{
    kArea,
    {
        .name = "smtpd_relay_restrictions",
        .initial = "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination",
        .text =
            "Who may send mail to other sites through this one. Evaluated at RCPT, before or after "
            "smtpd_recipient_restrictions; one of the two must refuse strangers.",
    }};

const TypedParameter<RestrictionList> smtpd_recipient_restrictions{
    kArea,
    {
        .name = "smtpd_recipient_restrictions",
        .text = "Which recipients are taken, from whom. Evaluated at RCPT.",
        .example = "permit_mynetworks, reject_unauth_destination",
    }};

const TypedParameter<bool> smtpd_relay_before_recipient_restrictions{
    kArea,
    {
        .name = "smtpd_relay_before_recipient_restrictions",
        .initial = "yes",
        .text = "Whether smtpd_relay_restrictions come first.",
    }};

const TypedParameter<RestrictionList> smtpd_client_restrictions{
    kArea,
    {
        .name = "smtpd_client_restrictions",
        .text = "Which clients may connect. Evaluated at RCPT while smtpd_delay_reject is on.",
    }};

const TypedParameter<RestrictionList> smtpd_helo_restrictions{
    kArea,
    {
        .name = "smtpd_helo_restrictions",
        .text = "Which names clients may give at HELO or EHLO. Evaluated at RCPT while "
                "smtpd_delay_reject is on.",
    }};

const TypedParameter<RestrictionList> smtpd_sender_restrictions{
    kArea,
    {
        .name = "smtpd_sender_restrictions",
        .text =
            "Which senders are taken, from whom. Evaluated at RCPT while smtpd_delay_reject is on.",
    }};

const TypedParameter<RestrictionList> smtpd_data_restrictions{
    kArea,
    {
        .name = "smtpd_data_restrictions",
        .text = "Who may send DATA. Evaluated before the mail data; what asks for one recipient "
                "applies where there is only one.",
    }};

const TypedParameter<RestrictionList> smtpd_end_of_data_restrictions{
    kArea,
    {
        .name = "smtpd_end_of_data_restrictions",
        .text = "Which messages are taken. Evaluated after the mail data; what asks for one "
                "recipient applies where there is only one.",
    }};

const TypedParameter<RestrictionList> smtpd_etrn_restrictions{
    kArea,
    {
        .name = "smtpd_etrn_restrictions",
        .text = "Who may send ETRN. Nobody may: the command is always refused.",
    }};

const TypedParameter<bool> smtpd_reject_unlisted_recipient{
    kArea,
    {
        .name = "smtpd_reject_unlisted_recipient",
        .initial = "yes",
        .text =
            "Whether unknown recipients of own domains are refused even if no restriction asks for "
            "it.",
    }};

const TypedParameter<std::int64_t> unknown_local_recipient_reject_code{
    kArea,
    {
        .name = "unknown_local_recipient_reject_code",
        .initial = "550",
        .text = "The code for unknown recipients in mydestination.",
        .min = 400,
        .max = 599,
    }};

const TypedParameter<std::int64_t> unknown_relay_recipient_reject_code{
    kArea,
    {
        .name = "unknown_relay_recipient_reject_code",
        .initial = "550",
        .text = "The code for unknown recipients in relay_domains.",
        .min = 400,
        .max = 599,
    }};

const TypedParameter<std::int64_t> unknown_virtual_alias_reject_code{
    kArea,
    {
        .name = "unknown_virtual_alias_reject_code",
        .initial = "550",
        .text = "The code for unknown recipients in virtual_alias_domains.",
        .min = 400,
        .max = 599,
    }};

const TypedParameter<std::int64_t> unknown_virtual_mailbox_reject_code{
    kArea,
    {
        .name = "unknown_virtual_mailbox_reject_code",
        .initial = "550",
        .text = "The code for unknown recipients in virtual_mailbox_domains.",
        .min = 400,
        .max = 599,
    }};

const TypedParameter<std::int64_t> reject_code{
    kArea,
    {
        .name = "reject_code",
        .initial = "554",
        .text = "The code of the restriction \"reject\".",
        .min = 400,
        .max = 599,
    }};

const TypedParameter<std::int64_t> defer_code{kArea,
                                              {
                                                  .name = "defer_code",
                                                  .initial = "450",
                                                  .text = "The code of the restriction \"defer\".",
                                                  .min = 400,
                                                  .max = 599,
                                              }};

const TypedParameter<std::int64_t> relay_domains_reject_code{
    kArea,
    {
        .name = "relay_domains_reject_code",
        .initial = "554",
        .text = "The code of reject_unauth_destination.",
        .min = 400,
        .max = 599,
    }};

const TypedParameter<std::int64_t> access_map_reject_code{
    kArea,
    {
        .name = "access_map_reject_code",
        .initial = "554",
        .text = "The code of REJECT in a table of check_..._access.",
        .min = 400,
        .max = 599,
    }};

const TypedParameter<std::int64_t> access_map_defer_code{
    kArea,
    {
        .name = "access_map_defer_code",
        .initial = "450",
        .text = "The code of DEFER and DEFER_IF_... in a table of check_..._access.",
        .min = 400,
        .max = 599,
    }};

const TypedParameter<std::int64_t> non_fqdn_reject_code{
    kArea,
    {
        .name = "non_fqdn_reject_code",
        .initial = "504",
        .text = "The code of the restrictions reject_non_fqdn_... .",
        .min = 400,
        .max = 599,
    }};

const TypedParameter<std::int64_t> invalid_hostname_reject_code{
    kArea,
    {
        .name = "invalid_hostname_reject_code",
        .initial = "501",
        .text = "The code of reject_invalid_helo_hostname.",
        .min = 400,
        .max = 599,
    }};

}  // namespace postern::config::params
