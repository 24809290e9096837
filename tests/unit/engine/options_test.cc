// From main.cf and master.cf to what the components take.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/config/loader.h"
#include "core/config/restrictions.h"
#include "core/engine/interfaces.h"
#include "core/engine/options/dsn.h"
#include "core/engine/options/log.h"
#include "core/engine/options/queue.h"
#include "core/engine/options/server.h"
#include "core/engine/options/smtp_client.h"
#include "core/engine/options/store.h"
#include "core/engine/options/tls.h"

namespace postern::engine {
namespace {

config::Settings settings(const std::string& main_cf, const std::string& master_cf) {
  const auto loaded = config::load_texts("compatibility_level=3.9\nmyhostname=mx.test\n" + main_cf,
                                         master_cf, config::Environment::system());
  EXPECT_FALSE(loaded.diagnostics.has_errors()) << loaded.diagnostics.describe();
  return loaded.tolerant;
}

constexpr const char* kMaster =
    "127.0.0.1:2525 inet n - n - - smtpd\n"
    "127.0.0.1:2587 inet n - n - - smtpd -o smtpd_timeout=7s -o syslog_name=postfix/submission"
    " -o smtpd_recipient_restrictions=permit_mynetworks,reject\n"
    "smtp unix - - n - - smtp\n"
    "slow unix - - n - 3 smtp -o smtp_helo_name=slow.test\n"
    "inside unix - - n - - lmtp\n";

TEST(Options, EachTransportHasItsOwnLimits) {
  const auto options = queue_options(
      settings("slow_destination_concurrency_limit = 2\ndefault_destination_concurrency_limit = 9\n"
               "slow_destination_rate_delay = 3s\nminimal_backoff_time = 17s",
               kMaster));
  ASSERT_TRUE(options.has_value());
  EXPECT_EQ(options->minimal_backoff_time, Seconds(17));
  EXPECT_EQ(options->transport("slow").concurrency_limit, 2u);
  EXPECT_EQ(options->transport("slow").process_limit, 3u);
  EXPECT_EQ(options->transport("slow").rate_delay, std::chrono::seconds(3));
  EXPECT_EQ(options->transport("slow").log_service, "smtp");
  EXPECT_EQ(options->transport("smtp").concurrency_limit, 9u);
  EXPECT_EQ(options->transport("smtp").process_limit, 100u);
  EXPECT_EQ(options->transport("of nobody").concurrency_limit, 9u);
}

// What core/config admits, core/routing evaluates.
TEST(Options, EveryEnforcedRestrictionIsOneOfTheServers) {
  unsigned enforced = 0;
  for (const std::string_view word : config::restriction_words()) {
    if (!config::is_enforced(word)) continue;
    ++enforced;
    std::string spelled(word == "check_access" ? "" : word);
    if (word.starts_with("check_") && word.ends_with("_access")) spelled += " inline:{ x=REJECT }";
    for (const char* list :
         {"client", "helo", "sender", "relay", "recipient", "data", "end_of_data"}) {
      const auto all = settings(
          fmt::format("smtpd_{}_restrictions = reject_unauth_destination, {}", list, spelled),
          kMaster);
      const auto listener = config::smtp_listeners(all.master())[0];
      const auto made = server_restrictions(all.for_service(*listener.service));
      EXPECT_TRUE(made.has_value()) << list << " " << word << ": " << made.error().describe();
    }
  }
  EXPECT_GE(enforced, 20u);
}

TEST(Options, DeferredTransportsAreAList) {
  const auto options = queue_options(settings("defer_transports = slow, smtp inside", kMaster));
  ASSERT_TRUE(options.has_value());
  EXPECT_EQ(options->deferred_transports,
            (std::set<std::string, std::less<>>{"inside", "slow", "smtp"}));
  EXPECT_TRUE(queue_options(settings("", kMaster))->deferred_transports.empty());
}

TEST(Options, ListenerHasTheOverridesOfItsLine) {
  const auto all = settings("smtpd_timeout = 300s", kMaster);
  const auto listeners = config::smtp_listeners(all.master());
  ASSERT_EQ(listeners.size(), 2u);
  const auto plain = server_options(all.for_service(*listeners[0].service), listeners[0]);
  const auto own = server_options(all.for_service(*listeners[1].service), listeners[1]);
  ASSERT_TRUE(plain.has_value() && own.has_value());
  EXPECT_EQ(plain->times.command, Seconds(300));
  EXPECT_EQ(own->times.command, Seconds(7));
  EXPECT_LE(own->times.command_stress, own->times.command);
  EXPECT_EQ(plain->identity.service, "smtpd");
  EXPECT_EQ(own->identity.service, "postfix/submission/smtpd");
  const auto restrictions = server_restrictions(all.for_service(*listeners[1].service));
  ASSERT_TRUE(restrictions.has_value()) << restrictions.error().describe();
  EXPECT_TRUE(restrictions->recipient.guards_relay());
}

TEST(Options, HostWithoutLocalRecipientsNeverWaitsForThePasswdTable) {
  for (const bool has_local : {false, true}) {
    const auto all =
        settings(std::string("local_recipient_maps = proxy:unix:passwd.byname\nalias_maps =\n") +
                     (has_local ? "mydestination = mx.test" : "mydestination ="),
                 kMaster);
    const auto listener = config::smtp_listeners(all.master()).front();
    EXPECT_EQ(server_options(all, listener)->tables_may_block, has_local);
  }
}

TEST(Options, ClientOfSmtpAndOfLmtp) {
  const auto all = settings("lmtp_lhlo_name = lhlo.test\nlmtp_rcpt_timeout = 11s", kMaster);
  const auto* slow = all.master().find_transport("slow");
  const auto* inside = all.master().find_transport("inside");
  ASSERT_TRUE(slow != nullptr && inside != nullptr);
  const auto smtp = smtp_client_options(all.for_service(*slow), *slow, {{"192.0.2.1"}, {2525}});
  ASSERT_TRUE(smtp.has_value());
  EXPECT_FALSE(smtp->is_lmtp);
  EXPECT_EQ(smtp->helo_name, "slow.test");
  EXPECT_EQ(smtp->default_port, 25);
  EXPECT_EQ(smtp->mx.own_ports, std::vector<std::uint16_t>{2525});
  const auto lmtp = smtp_client_options(all.for_service(*inside), *inside, {});
  ASSERT_TRUE(lmtp.has_value());
  EXPECT_TRUE(lmtp->is_lmtp);
  EXPECT_EQ(lmtp->helo_name, "lhlo.test");
  EXPECT_EQ(lmtp->timeouts.rcpt, Seconds(11));
  EXPECT_EQ(lmtp->default_port, 24);
}

TEST(Options, SpaceThatMustStayFree) {
  EXPECT_EQ(minimum_free(settings("queue_minfree = 1000", kMaster)).value, 1000u);
  EXPECT_EQ(minimum_free(settings("queue_minfree = 0\nmessage_size_limit = 2000", kMaster)).value,
            3000u);
}

TEST(Options, LogFileMustBeginAsAllowed) {
  EXPECT_TRUE(log_options(settings("maillog_file = /var/log/x", kMaster)).has_value());
  const auto refused = log_options(settings("maillog_file = /etc/passwd", kMaster));
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().context.find("maillog_file_prefixes"), std::string::npos);
}

TEST(Options, TlsThatIsDemandedNeedsACertificate) {
  EXPECT_FALSE(tls_server_options(settings("", kMaster), "smtp").value().has_value());
  EXPECT_FALSE(tls_server_options(settings("smtpd_tls_security_level = may", kMaster), "smtp")
                   .value()
                   .has_value());
  EXPECT_FALSE(tls_server_options(settings("smtpd_tls_security_level = encrypt", kMaster), "smtp")
                   .has_value());
}

TEST(Options, PlanNamesEveryAddress) {
  const auto plans = plan_listeners(settings("inet_interfaces = 127.0.0.1, 127.0.0.2",
                                             "2525 inet n - n - - smtpd\n" + std::string(kMaster)));
  ASSERT_TRUE(plans.has_value()) << plans.error().describe();
  std::vector<std::string> addresses;
  for (const BindPlan& plan : *plans)
    addresses.push_back(plan.address.to_string());
  EXPECT_EQ(addresses, (std::vector<std::string>{"127.0.0.1:2525", "127.0.0.2:2525",
                                                 "127.0.0.1:2525", "127.0.0.1:2587"}));
  EXPECT_FALSE(plan_listeners(settings("", "nosuchport inet n - n - - smtpd\n")).has_value());
}

}  // namespace
}  // namespace postern::engine
