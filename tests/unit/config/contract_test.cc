// What a site's main.cf may count on: each of these names is declared once and has a type.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/config/foreign_parameters.h"
#include "core/config/params.h"
#include "core/config/words.h"
#include "tests/unit/config/test_site.h"

namespace postern::config {
namespace {

using test::load;

struct Names {
  Kind kind;
  std::string_view names;
};

constexpr Names kHonoured[] = {
    {Kind::kString,
     "myhostname mydomain myorigin relayhost local_transport default_transport relay_transport "
     "virtual_mailbox_base virtual_transport home_mailbox mail_spool_directory mailbox_transport "
     "recipient_delimiter smtpd_banner smtpd_tls_cert_file smtpd_tls_key_file smtp_tls_CAfile "
     "smtp_tls_CApath smtp_bind_address smtp_helo_name double_bounce_sender maillog_file "
     "syslog_name mail_owner compatibility_level"},
    {Kind::kList,
     "mydestination mynetworks inet_interfaces inet_protocols relay_domains virtual_alias_domains "
     "virtual_mailbox_domains smtpd_discard_ehlo_keywords smtpd_tls_chain_files "
     "smtpd_tls_protocols smtpd_tls_mandatory_protocols smtp_tls_protocols "
     "smtp_tls_mandatory_protocols smtp_host_lookup notify_classes"},
    {Kind::kTables,
     "relay_recipient_maps local_recipient_maps transport_maps virtual_alias_maps "
     "virtual_mailbox_maps virtual_uid_maps virtual_gid_maps alias_maps alias_database"},
    {Kind::kEnum,
     "mynetworks_style smtpd_forbid_bare_newline smtpd_tls_security_level smtp_tls_security_level "
     "smtpd_tls_ciphers smtp_tls_ciphers"},
    {Kind::kRestrictions, "smtpd_relay_restrictions smtpd_recipient_restrictions"},
    {Kind::kBytes,
     "message_size_limit mailbox_size_limit virtual_mailbox_limit queue_minfree header_size_limit "
     "line_length_limit bounce_size_limit"},
    {Kind::kInteger,
     "virtual_minimum_uid smtp_line_length_limit smtpd_recipient_limit smtpd_soft_error_limit "
     "smtpd_hard_error_limit smtpd_junk_command_limit smtpd_client_connection_count_limit "
     "smtpd_client_connection_rate_limit smtpd_tls_loglevel smtp_tls_loglevel "
     "qmgr_message_active_limit default_destination_concurrency_limit "
     "default_destination_recipient_limit initial_destination_concurrency default_process_limit"},
    {Kind::kBoolean,
     "smtpd_helo_required disable_vrfy_command smtpd_forbid_unauth_pipelining "
     "smtpd_tls_received_header smtpd_tls_auth_only smtpd_tls_wrappermode soft_bounce "
     "smtputf8_enable"},
    {Kind::kDuration,
     "smtpd_timeout smtpd_error_sleep_time smtp_connect_timeout smtp_helo_timeout "
     "smtp_mail_timeout smtp_rcpt_timeout smtp_data_init_timeout smtp_data_xfer_timeout "
     "smtp_data_done_timeout smtp_quit_timeout smtp_rset_timeout minimal_backoff_time "
     "maximal_backoff_time maximal_queue_lifetime bounce_queue_lifetime delay_warning_time "
     "queue_run_delay"},
};

TEST(Contract, EveryHonouredNameIsDeclaredWithItsType) {
  std::size_t count = 0;
  for (const Names& group : kHonoured) {
    const auto names = split_words(group.names);
    for (std::string_view name : *names) {
      ++count;
      const Parameter* parameter = find_parameter(name);
      ASSERT_TRUE(parameter) << name;
      EXPECT_EQ(to_string(parameter->kind()), to_string(group.kind)) << name;
      EXPECT_FALSE(find_foreign(name)) << name;
    }
  }
  EXPECT_EQ(count, 104u);
}

TEST(Contract, EveryNameIsDeclaredOnce) {
  std::set<std::string_view> seen;
  for (const Parameter* each : all_parameters())
    EXPECT_TRUE(seen.insert(each->name()).second) << each->name();
}

TEST(Contract, TlsLevelsNoneMayEncrypt) {
  for (const char* name : {"smtpd_tls_security_level", "smtp_tls_security_level"}) {
    const Parameter* parameter = find_parameter(name);
    EXPECT_EQ(std::get<std::int64_t>(*parameter->parse("none")), 0);
    EXPECT_EQ(std::get<std::int64_t>(*parameter->parse("may")), 1);
    EXPECT_EQ(std::get<std::int64_t>(*parameter->parse("encrypt")), 2);
    EXPECT_FALSE(parameter->parse("dane"));
  }
}

constexpr const char* kRestrictionLists[] = {
    "smtpd_client_restrictions",     "smtpd_helo_restrictions",      "smtpd_sender_restrictions",
    "smtpd_relay_restrictions",      "smtpd_recipient_restrictions", "smtpd_data_restrictions",
    "smtpd_end_of_data_restrictions"};

TEST(Contract, RestrictionsOfAllListsAreEnforced) {
  for (const char* list : kRestrictionLists) {
    const Loaded loaded =
        load(std::string(list) +
             " = permit_mynetworks, permit_sasl_authenticated, permit_auth_destination, "
             "reject_unlisted_recipient, reject_unauth_destination, defer_unauth_destination, "
             "check_client_access cidr:/etc/x, warn_if_reject reject_non_fqdn_sender, hash:/etc/y, "
             "reject, defer, permit\n");
    EXPECT_EQ(loaded.diagnostics.describe(), "") << list;
  }
}

TEST(Contract, ARestrictionThatCannotBeEnforcedIsAnErrorInEveryList) {
  for (const char* list : kRestrictionLists) {
    const std::string before = std::string(list) + " = ";
    EXPECT_FALSE(load(before + "reject_rbl_client bl.example, reject\n").settings) << list;
    const Loaded permitting = load(before + "permit_mx_backup, reject\n");
    EXPECT_TRUE(permitting.settings) << list;
    EXPECT_NE(permitting.diagnostics.describe(), "") << list;
  }
  EXPECT_EQ(load("smtpd_etrn_restrictions = reject_rbl_client bl.example, reject\n")
                .diagnostics.describe(),
            "")
      << "ETRN is refused without asking";
}

TEST(Contract, TransportFormsWork) {
  for (const TransportForm& form : all_transport_forms()) {
    const std::string name = "slow" + std::string(form.suffix);
    const std::string value = form.fallback->kind() == Kind::kDuration ? "7s" : "7";
    const Loaded loaded =
        load(name + " = " + value + "\n", "smtp inet n - n - - smtpd\nslow unix - - n - - smtp\n");
    EXPECT_EQ(loaded.diagnostics.describe(), "") << name;
    EXPECT_EQ(loaded.tolerant.expanded(name), value);
    EXPECT_TRUE(loaded.tolerant.expanded("other" + std::string(form.suffix))) << name;
  }
}

TEST(Contract, SilentNamesAreSilent) {
  std::string text;
  for (const char* name :
       {"readme_directory", "html_directory", "manpage_directory", "sample_directory",
        "command_directory", "daemon_directory", "data_directory", "queue_directory",
        "setgid_group", "mail_owner", "newaliases_path", "mailq_path", "sendmail_path",
        "debugger_command", "debug_peer_level", "biff", "meta_directory", "shlib_directory"})
    text += std::string(name) + " = /x\n";
  EXPECT_EQ(load(text).diagnostics.describe(), "");
}

TEST(Contract, RolesOfMasterCf) {
  const Loaded loaded = load(
      "",
      "smtp inet n - n - - smtpd\n"
      "submission inet n - n - - smtpd\n"
      "  -o { mynetworks = 127.0.0.0/8, 10.0.0.0/8 }\n"
      "  -o smtpd_tls_security_level=encrypt\n"
      "smtps inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n"
      "127.0.0.1:10025 inet n - n - 10 smtpd\n"
      "26 inet n - n - 1 postscreen\n"
      "smtpd pass - - n - - smtpd\n"
      "smtp unix - - n - - smtp\n"
      "relay unix - - n - 5 smtp\n"
      "lmtp unix - - n - - lmtp\n"
      "virtual unix - n n - - virtual\n"
      "local unix - n n - - local\n"
      "maildrop unix - n n - - pipe flags=DRhu user=vmail argv=/usr/bin/maildrop -d ${recipient}\n"
      "discard unix - - n - - discard\n"
      "error unix - - n - - error\n"
      "retry unix - - n - - error\n"
      "cleanup unix n - n - 0 cleanup\n"
      "qmgr unix n - n 300 1 qmgr\n"
      "tlsmgr unix - - n 1000? 1 tlsmgr\n"
      "spf plugin - - - - 1 /usr/lib/postern/postern-spf\n");
  const std::map<std::string, ServiceRole> roles = {
      {"smtp inet", ServiceRole::kSmtpListener},
      {"submission inet", ServiceRole::kSmtpListener},
      {"smtps inet", ServiceRole::kSmtpListener},
      {"127.0.0.1:10025 inet", ServiceRole::kSmtpListener},
      {"26 inet", ServiceRole::kPostscreen},
      {"smtpd pass", ServiceRole::kPassedSmtpd},
      {"smtp unix", ServiceRole::kTransport},
      {"relay unix", ServiceRole::kTransport},
      {"lmtp unix", ServiceRole::kTransport},
      {"virtual unix", ServiceRole::kTransport},
      {"local unix", ServiceRole::kTransport},
      {"maildrop unix", ServiceRole::kTransport},
      {"discard unix", ServiceRole::kTransport},
      {"error unix", ServiceRole::kTransport},
      {"retry unix", ServiceRole::kTransport},
      {"cleanup unix", ServiceRole::kNoEffect},
      {"qmgr unix", ServiceRole::kNoEffect},
      {"tlsmgr unix", ServiceRole::kNoEffect},
      {"spf plugin", ServiceRole::kPlugin}};
  const MasterCf& master = loaded.tolerant.master();
  EXPECT_EQ(master.entries().size(), roles.size()) << loaded.diagnostics.describe();
  for (const ServiceEntry& entry : master.entries()) {
    const std::string key = entry.name + " " + std::string(to_string(entry.type));
    ASSERT_TRUE(roles.contains(key)) << key;
    EXPECT_EQ(service_role(entry), roles.at(key)) << key;
  }
  EXPECT_EQ(master.find_transport("relay")->process_limit, 5);
  EXPECT_EQ(smtp_listeners(master).size(), 5u);
}

}  // namespace
}  // namespace postern::config
