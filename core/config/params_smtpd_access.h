// Parameters: SMTP server: who may send what.  Values by Settings::get; texts in
// params_smtpd_access.cc.
#pragma once

#include "core/config/parameter.h"

namespace postern::config {

namespace params {

extern const TypedParameter<bool> smtpd_peername_lookup;
extern const TypedParameter<bool> smtpd_delay_reject;
extern const TypedParameter<RestrictionList> smtpd_relay_restrictions;
extern const TypedParameter<RestrictionList> smtpd_recipient_restrictions;
extern const TypedParameter<bool> smtpd_relay_before_recipient_restrictions;
extern const TypedParameter<RestrictionList> smtpd_client_restrictions;
extern const TypedParameter<RestrictionList> smtpd_helo_restrictions;
extern const TypedParameter<RestrictionList> smtpd_sender_restrictions;
extern const TypedParameter<RestrictionList> smtpd_data_restrictions;
extern const TypedParameter<RestrictionList> smtpd_end_of_data_restrictions;
extern const TypedParameter<RestrictionList> smtpd_etrn_restrictions;
extern const TypedParameter<bool> smtpd_reject_unlisted_recipient;
extern const TypedParameter<std::int64_t> unknown_local_recipient_reject_code;
extern const TypedParameter<std::int64_t> unknown_relay_recipient_reject_code;
extern const TypedParameter<std::int64_t> unknown_virtual_alias_reject_code;
extern const TypedParameter<std::int64_t> unknown_virtual_mailbox_reject_code;
extern const TypedParameter<std::int64_t> reject_code;
extern const TypedParameter<std::int64_t> defer_code;
extern const TypedParameter<std::int64_t> relay_domains_reject_code;
extern const TypedParameter<std::int64_t> access_map_reject_code;
extern const TypedParameter<std::int64_t> access_map_defer_code;
extern const TypedParameter<std::int64_t> non_fqdn_reject_code;
extern const TypedParameter<std::int64_t> invalid_hostname_reject_code;

void declare_smtpd_access();  // see registry.cc

}  // namespace params
}  // namespace postern::config
