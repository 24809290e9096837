// The queue's listings: against lines that Postfix's postqueue wrote for long queue ids.
#include "core/tools/queue_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <nlohmann/json.hpp>

namespace postern::tools {
namespace {

using ::testing::HasSubstr;

QueuedMessage sample() {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  QueuedMessage out;
  out.queue_id = "64D2B04C66F41";
  out.size = 133;
  out.arrival = WallTime(std::chrono::seconds(1'795'571'939));
  out.next_attempt = out.arrival + std::chrono::seconds(300);
  out.attempts = 1;
  out.reverse_path = "a@b.example";
  out.recipients.resize(3);
  out.recipients[0].forward_path = "u1@c.example";
  out.recipients[0].progress.diagnostic = "connect to c.example[192.0.2.1]:25: Connection refused";
  out.recipients[1].forward_path = "u2@c.example";
  out.recipients[1].progress = out.recipients[0].progress;
  out.recipients[2].forward_path = "done@c.example";
  out.recipients[2].progress.state = spool::RecipientState::kDelivered;
  return out;
}

TEST(MailqText, IsPostfixsForm) {
  MailqText text;
  EXPECT_EQ(text.entry(sample()),
            "----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------\n"
            "64D2B04C66F41          133 Wed Nov 25 01:58:59 a@b.example\n"
            "                      (connect to c.example[192.0.2.1]:25: Connection refused)\n"
            "                                               u1@c.example\n"
            "                                               u2@c.example\n");
  QueuedMessage held = sample();
  held.state = QueueState::kHeld;
  held.reverse_path = "";
  held.recipients.resize(1);
  held.recipients[0].progress.diagnostic = "";
  EXPECT_EQ(text.entry(held),
            "\n64D2B04C66F41!         133 Wed Nov 25 01:58:59 MAILER-DAEMON\n"
            "                                               u1@c.example\n");
  EXPECT_EQ(text.end(), "\n-- 0 Kbytes in 2 Requests.\n");
}

TEST(MailqText, EmptyAndOne) {
  EXPECT_EQ(MailqText().end(), "Mail queue is empty\n");
  MailqText text;
  QueuedMessage message = sample();
  message.size = 2048;
  message.state = QueueState::kActive;
  EXPECT_THAT(text.entry(message), HasSubstr("\n64D2B04C66F41*        2048 "));
  EXPECT_EQ(text.end(), "\n-- 2 Kbytes in 1 Request.\n");
}

// What a peer said must not paint the operator's terminal, nor break a line.
TEST(MailqText, IsPrintableWhateverAPeerSaid) {
  QueuedMessage message = sample();
  message.recipients[0].progress.diagnostic = "said: \x1b[2J\r\nforged\x80";
  message.reverse_path = "\"a\nb\"@c";
  const std::string text = MailqText().entry(message);
  for (const char c : text)
    EXPECT_TRUE(c == '\n' || (c >= ' ' && c <= '~'));
  EXPECT_THAT(text, HasSubstr("(said: ?[2J??forged?)"));
}

TEST(MailqJson, HasPostqueuesNames) {
  const auto json = nlohmann::json::parse(mailq_json(sample()));
  EXPECT_EQ(json["queue_name"], "deferred");
  EXPECT_EQ(json["queue_id"], "64D2B04C66F41");
  EXPECT_EQ(json["arrival_time"], 1'795'571'939);
  EXPECT_EQ(json["message_size"], 133);
  EXPECT_EQ(json["forced_expire"], false);
  EXPECT_EQ(json["sender"], "a@b.example");
  ASSERT_EQ(json["recipients"].size(), 2u);
  EXPECT_EQ(json["recipients"][0]["address"], "u1@c.example");
  EXPECT_EQ(json["recipients"][0]["delay_reason"],
            "connect to c.example[192.0.2.1]:25: Connection refused");
  EXPECT_EQ(mailq_json(sample()).find('\n'), mailq_json(sample()).size() - 1);
}

TEST(Summary, BucketsDoubleFromFiveMinutes) {
  const WallTime now = sample().arrival;
  using std::chrono::minutes;
  for (const auto& [age, bucket] :
       std::initializer_list<std::pair<minutes, std::size_t>>{{minutes(0), 0},
                                                              {minutes(4), 0},
                                                              {minutes(5), 1},
                                                              {minutes(9), 1},
                                                              {minutes(10), 2},
                                                              {minutes(639), 7},
                                                              {minutes(640), 8},
                                                              {minutes(1279), 8},
                                                              {minutes(1280), 9},
                                                              {minutes(999'999), 9}}) {
    DomainSummary summary;
    QueuedMessage message = sample();
    message.arrival = now - age;
    summary.add(message, now);
    EXPECT_EQ(summary.total.by_age[bucket], 1u) << age.count();
  }
}

TEST(Summary, CountsAMessageOnceForEachDomain) {
  DomainSummary summary;
  QueuedMessage message = sample();
  message.recipients[1].forward_path = "x@D.example";
  summary.add(message, message.arrival);
  summary.add(sample(), message.arrival);
  EXPECT_EQ(summary.total.total, 2u);
  EXPECT_EQ(summary.domains["c.example"].total, 2u);
  EXPECT_EQ(summary.domains["d.example"].total, 1u);
  const std::string text = summary_text(summary, 1);
  EXPECT_THAT(text, HasSubstr("TOTAL       2     2     0"));
  EXPECT_THAT(text, HasSubstr("(1 more domains; -n 2 shows all)"));
}

TEST(Summary, DomainsAreBounded) {
  DomainSummary summary;
  QueuedMessage message;
  message.recipients.resize(1);
  for (std::size_t i = 0; i < DomainSummary::kMaxDomains + 5; ++i) {
    message.recipients[0].forward_path = fmt::format("a@d{}.example", i);
    summary.add(message, message.arrival);
  }
  EXPECT_EQ(summary.domains.size(), DomainSummary::kMaxDomains);
  EXPECT_EQ(summary.other.total, 5u);
}

}  // namespace
}  // namespace postern::tools
