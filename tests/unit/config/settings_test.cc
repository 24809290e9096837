#include "core/config/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config/params.h"
#include "tests/unit/config/test_site.h"

namespace postern::config {
namespace {

using test::load;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

TEST(Settings, DefaultsAreTyped) {
  const Loaded loaded = load("");
  ASSERT_TRUE(loaded.settings) << loaded.diagnostics.describe();
  const Settings& settings = *loaded.settings;
  EXPECT_EQ(settings.get(params::smtpd_timeout), 300s);
  EXPECT_EQ(settings.get(params::maximal_queue_lifetime), 5 * 24h);
  EXPECT_EQ(settings.get(params::message_size_limit).value, 10240000u);
  EXPECT_FALSE(settings.get(params::smtpd_helo_required));
  EXPECT_EQ(settings.get(params::smtpd_tls_security_level), TlsLevel::kNone);
  EXPECT_EQ(settings.get(params::smtpd_forbid_bare_newline), BareNewline::kReject);
  EXPECT_THAT(settings.get(params::mydestination),
              ElementsAre("mx.example.com", "localhost.example.com", "localhost"));
  EXPECT_THAT(settings.get(params::local_recipient_maps),
              ElementsAre(TableName{"unix", "passwd.byname"}, TableName{"hash", "/etc/aliases"}));
  EXPECT_EQ(settings.get(params::smtpd_banner), "mx.example.com ESMTP Postfix");
  EXPECT_EQ(settings.get(params::smtpd_hard_error_limit), 20);
}

TEST(Settings, EveryDefaultParsesWithinItsBounds) {
  const Loaded loaded = load("");
  EXPECT_EQ(loaded.diagnostics.describe(), "");
}

TEST(Settings, MynetworksFollowsItsStyle) {
  EXPECT_THAT(load("").tolerant.get(params::mynetworks),
              ElementsAre("127.0.0.0/8", "[::1]/128", "192.0.2.5/32", "[2001:db8::5]/128"));
  EXPECT_THAT(load("mynetworks_style = subnet").tolerant.get(params::mynetworks),
              ElementsAre("127.0.0.0/8", "[::1]/128", "192.0.2.0/24", "[2001:db8::]/64"));
  EXPECT_THAT(load("mynetworks_style=class\ninet_protocols=ipv4").tolerant.get(params::mynetworks),
              ElementsAre("127.0.0.0/8", "192.0.2.0/24"));
}

TEST(Settings, MyoriginReadsAFile) {
  const Loaded loaded = load("myorigin = /etc/mailname\nx = <$myorigin>\nsyslog_name = $x");
  EXPECT_EQ(loaded.tolerant.get(params::myorigin), "origin.example");
  EXPECT_EQ(loaded.tolerant.expanded("x"), "<origin.example>");
  const Loaded bad = load("\nmyorigin = /etc/nothing");
  EXPECT_FALSE(bad.settings);
  EXPECT_THAT(bad.diagnostics.describe(), HasSubstr("main.cf:2: error: myorigin: the file"));
}

TEST(Settings, MydomainFollowsMyhostname) {
  EXPECT_EQ(load("myhostname = a.b.example").tolerant.get(params::mydomain), "b.example");
  EXPECT_EQ(load("myhostname = alone").tolerant.get(params::mydomain), "localdomain");
}

TEST(Settings, ServiceViewHasItsOverrides) {
  const Loaded loaded = load("mynets = 10.0.0.0/8\nmynetworks = $mynets\n",
                             "smtp inet n - n - - smtpd\n"
                             "465 inet n - n - - smtpd\n"
                             "  -o smtpd_tls_wrappermode=yes -o { mynets = 192.0.2.0/24 }\n"
                             "relay unix - - n - - smtp -o smtp_helo_timeout=5\n");
  ASSERT_TRUE(loaded.settings) << loaded.diagnostics.describe();
  const ServiceEntry* submissions = loaded.settings->master().find("465", ServiceType::kInet);
  const Settings view = loaded.settings->for_service(*submissions);
  EXPECT_TRUE(view.get(params::smtpd_tls_wrappermode));
  EXPECT_THAT(view.get(params::mynetworks), ElementsAre("192.0.2.0/24"));
  EXPECT_THAT(loaded.settings->get(params::mynetworks), ElementsAre("10.0.0.0/8"));
  EXPECT_EQ(view.expanded("service_name"), "465");
}

TEST(Settings, TransportLimits) {
  const Settings settings =
      load(
          "default_destination_concurrency_limit = 7\n"
          "dovecot_destination_recipient_limit = 1\nlocal_destination_rate_delay=3s\n")
          .tolerant;
  EXPECT_EQ(settings.transport_limit("relay", params::destination_concurrency_limit), 7);
  EXPECT_EQ(settings.transport_limit("local", params::destination_concurrency_limit), 2);
  EXPECT_EQ(settings.transport_limit("dovecot", params::destination_recipient_limit), 1);
  EXPECT_EQ(settings.transport_limit("relay", params::destination_recipient_limit), 50);
  EXPECT_EQ(settings.transport_limit("local", params::destination_rate_delay), 3s);
  EXPECT_EQ(settings.expanded("relay_destination_concurrency_limit"), "7");
}

TEST(Settings, ErrorsNamePlaceValueAndRemedy) {
  const Loaded loaded = load("# x\nsmtpd_timeout = 5y\nsmtpd_helo_required = maybe\n");
  EXPECT_FALSE(loaded.settings);
  const std::string text = loaded.diagnostics.describe();
  EXPECT_THAT(text, HasSubstr("main.cf:2: error: smtpd_timeout: \"5y\" is not a duration"));
  EXPECT_THAT(text, HasSubstr("main.cf:3: error: smtpd_helo_required: \"maybe\""));
  EXPECT_THAT(text, HasSubstr("write yes or no"));
  EXPECT_EQ(loaded.tolerant.get(params::smtpd_timeout), 300s);
}

TEST(Settings, TlsLevelsThatCantBeGivenAreErrors) {
  for (const char* level : {"dane", "dane-only", "verify", "secure", "fingerprint"}) {
    const Loaded loaded = load(std::string("smtp_tls_security_level = ") + level);
    EXPECT_FALSE(loaded.settings) << level;
  }
  EXPECT_EQ(load("smtpd_use_tls = yes\nsmtpd_tls_security_level =\n")
                .tolerant.get(params::smtpd_tls_security_level),
            TlsLevel::kMay);
}

}  // namespace
}  // namespace postern::config
