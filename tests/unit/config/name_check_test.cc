#include "core/config/name_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config/foreign_parameters.h"
#include "core/config/params.h"
#include "core/config/safety_check.h"
#include "tests/unit/config/test_site.h"

namespace postern::config {
namespace {

using test::load;
using ::testing::HasSubstr;

TEST(NameCheck, DocumentationAndPathsAreSilent) {
  const Loaded loaded = load(
      "readme_directory = no\nhtml_directory = /x\nsetgid_group = postdrop\nbiff = no\n"
      "smtp_tls_session_cache_database = btree:${data_directory}/smtp_scache\n");
  EXPECT_EQ(loaded.diagnostics.describe(), "");
}

TEST(NameCheck, NotDoneIsAWarningWithAdvice) {
  const Loaded loaded = load("always_bcc = archive@example.com\nheader_checks =\n");
  EXPECT_TRUE(loaded.settings);
  EXPECT_EQ(loaded.diagnostics.warning_count(), 1u);
  EXPECT_THAT(loaded.diagnostics.describe(), HasSubstr("use virtual_alias_maps"));
}

TEST(NameCheck, WhatMustBeEnforcedIsAnError) {
  for (const char* line :
       {"content_filter = amavis:[127.0.0.1]:10024", "smtpd_tls_req_ccert = yes",
        "smtpd_milters = inet:localhost:11332", "smtp_tls_policy_maps = hash:/etc/postfix/x",
        "authorized_submit_users = root", "authorized_submit_users =", "smtp_enforce_tls = yes",
        "smtpd_filters = spf", "postscreen_dnsbl_action = enforce",
        "smtpd_client_restrictions = reject_unknown_client_hostname",
        "smtpd_recipient_restrictions = reject_rbl_client zen.example, reject_unauth_destination",
        "smtpd_sender_restrictions = reject_unknown_sender_domain",
        "smtpd_helo_restrictions = check_policy_service unix:private/policy"}) {
    EXPECT_FALSE(load(line).settings) << line;
    EXPECT_EQ(load(line).diagnostics.error_count(), 1u) << load(line).diagnostics.describe();
  }
  for (const char* line :
       {"content_filter =", "smtpd_tls_req_ccert = no", "smtp_enforce_tls = no",
        "smtpd_milters = inet:localhost:11332\nmilter_default_action = accept",
        "authorized_submit_users = static:anyone", "smtpd_sender_restrictions = permit_mynetworks",
        "smtpd_client_restrictions = permit_sasl_authenticated, reject",
        "smtpd_data_restrictions = reject_unauth_pipelining, permit"})
    EXPECT_TRUE(load(line).settings) << load(line).diagnostics.describe();
}

TEST(NameCheck, UnknownNamesGetTheNearestOne) {
  EXPECT_THAT(load("vitual_gid_maps = static:8").diagnostics.describe(),
              HasSubstr("is virtual_gid_maps meant?"));
  EXPECT_THAT(load("smtpd_milter = x").diagnostics.describe(),
              HasSubstr("is smtpd_milters meant?"));
  EXPECT_THAT(load("qqqqqqqqqqqqqqqqqqqq = x").diagnostics.describe(),
              HasSubstr("it has no effect"));
}

TEST(NameCheck, OwnMacrosThatAreUsedAreSilent) {
  const Loaded loaded =
      load("mua_restrictions = permit_mynetworks, reject\nhost = a.example\nmyhostname=$host\n",
           "587 inet n - n - - smtpd -o smtpd_recipient_restrictions=$mua_restrictions\n");
  EXPECT_EQ(loaded.diagnostics.describe(), "");
  EXPECT_THAT(load("mydestination = $nowhere, ${perhaps?x}").diagnostics.describe(),
              HasSubstr("$nowhere is defined nowhere"));
}

TEST(NameCheck, TransportForms) {
  EXPECT_EQ(load("relay_destination_rate_delay = 1s").diagnostics.describe(), "");
  EXPECT_THAT(load("dovecot_destination_recipient_limit = 1").diagnostics.describe(),
              HasSubstr("master.cf has no transport \"dovecot\""));
  EXPECT_FALSE(load("relay_destination_concurrency_limit = many").settings);
}

TEST(NameCheck, EveryForeignNameIsForeign) {
  for (std::string_view name : foreign_names())
    EXPECT_FALSE(find_parameter(name)) << name;
  EXPECT_GT(foreign_names().size(), 500u);
}

TEST(SafetyCheck, OpenRelaysAreRefused) {
  EXPECT_FALSE(load("smtpd_relay_restrictions = permit_mynetworks").settings);
  EXPECT_FALSE(load("smtpd_relay_restrictions = permit, reject").settings);
  EXPECT_FALSE(load("smtpd_relay_restrictions =\n"
                    "smtpd_recipient_restrictions = warn_if_reject reject_unauth_destination")
                   .settings);
  EXPECT_TRUE(load("smtpd_relay_restrictions =\n"
                   "smtpd_recipient_restrictions = permit_mynetworks reject_unauth_destination")
                  .settings);
  const Loaded service =
      load("", "smtp inet n - n - - smtpd\n26 inet n - n - - smtpd -o smtpd_relay_restrictions=\n");
  EXPECT_THAT(service.diagnostics.describe(), HasSubstr("master.cf:2: error"));
}

TEST(SafetyCheck, TablesOfMissingTypes) {
  EXPECT_THAT(load("virtual_mailbox_maps = proxy:mysql:/etc/x.cf").diagnostics.describe(),
              HasSubstr("tables of type mysql"));
  EXPECT_FALSE(load("mydestination = localhost, ldap:/etc/x.cf").settings);
  EXPECT_FALSE(load("smtpd_sender_restrictions = check_sender_access proxy:pgsql:/etc/x").settings);
}

TEST(Restrictions, ClassesAreReplacedByTheirContent) {
  const Loaded loaded = load(
      "smtpd_restriction_classes = inside, loop\ninside = permit_mynetworks, reject\n"
      "loop = loop\nsmtpd_recipient_restrictions = inside\n");
  ASSERT_TRUE(loaded.settings) << loaded.diagnostics.describe();
  EXPECT_EQ(loaded.settings->get(params::smtpd_recipient_restrictions),
            (RestrictionList{{"permit_mynetworks", ""}, {"reject", ""}}));
  EXPECT_EQ(loaded.settings->restriction_class("inside")->size(), 2u);
  EXPECT_FALSE(loaded.settings->restriction_class("loop"));
  EXPECT_FALSE(load("smtpd_restriction_classes = loop\nloop = loop\n"
                    "smtpd_recipient_restrictions = loop, reject")
                   .settings);
}

}  // namespace
}  // namespace postern::config
