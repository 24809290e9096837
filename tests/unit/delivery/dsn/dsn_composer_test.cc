#include "core/delivery/dsn/dsn_composer.h"

#include <gtest/gtest.h>

#include <map>

#include "core/delivery/dsn/dsn_text.h"
#include "tests/unit/delivery/dsn/report_reader.h"

namespace postern::delivery {
namespace {

using mail::DsnNotify;
using testing::read_report;

class DsnComposerTest : public ::testing::Test {
 protected:
  DsnComposerTest() {
    options.hostname = "mx.example";
    options.origin = "example";
    envelope.reverse_path = mail::Mailbox("sender", "example.org");
    envelope.arrival = now;
  }
  DsnRecipient& add(DsnAction action, DsnNotify notify = DsnNotify::kUnspecified,
                    const std::string& user = "bob") {
    DsnRecipient each;
    each.recipient.forward_path = mail::Mailbox(user, "example.net");
    each.recipient.notify = notify;
    each.action = action;
    each.status = action == DsnAction::kFailed ? "5.1.1" : "";
    each.smtp_reply = action == DsnAction::kFailed ? "550 5.1.1 no such user" : "";
    each.remote_mta = "mx.example.net[192.0.2.1]:25";
    recipients.push_back(each);
    return recipients.back();
  }
  std::vector<Notification> compose() {
    const mail::MemoryContent message(content);
    DsnRequest request{QueueId(0xABCDEF), &envelope, &message, recipients, now, retry_until};
    auto out = DsnComposer(options).compose(request);
    EXPECT_TRUE(out.has_value());
    return out.value_or(std::vector<Notification>());
  }

  WallTime now{std::chrono::seconds(1'700'000'000)};
  std::optional<WallTime> retry_until;
  DsnOptions options;
  mail::Envelope envelope;
  std::vector<DsnRecipient> recipients;
  std::string content = "From: a@b\r\nSubject: hi\r\n\r\nbody\r\n";
};

TEST_F(DsnComposerTest, FailureHasTheShapeOfRfc3464) {
  envelope.envid = "QQ314159";
  add(DsnAction::kFailed).recipient.orcpt = "rfc822;Bob@example.com";
  const auto out = compose();
  ASSERT_EQ(out.size(), 1u);
  EXPECT_FALSE(out[0].envelope.reverse_path.has_value());
  ASSERT_EQ(out[0].envelope.recipients.size(), 1u);
  EXPECT_EQ(out[0].envelope.recipients[0].forward_path.to_wire(), "sender@example.org");
  EXPECT_EQ(out[0].envelope.recipients[0].notify, DsnNotify::kNever);
  EXPECT_EQ(out[0].envelope.origin, mail::Origin::kNotification);
  const auto report = read_report(out[0].content);
  ASSERT_TRUE(report.error.empty()) << report.error;
  EXPECT_EQ(report.header.at("auto-submitted"), "auto-replied");
  EXPECT_EQ(report.header.at("date"), "Tue, 14 Nov 2023 22:13:20 +0000 (UTC)");
  ASSERT_EQ(report.parts.size(), 3u);
  EXPECT_EQ(report.parts[1].type, "message/delivery-status");
  EXPECT_EQ(report.parts[2].type, "message/rfc822");
  EXPECT_EQ(report.parts[2].body, content);
  ASSERT_EQ(report.groups.size(), 2u);
  EXPECT_EQ(report.groups[0].at("reporting-mta"), "dns; mx.example");
  EXPECT_EQ(report.groups[0].at("original-envelope-id"), "QQ314159");
  const auto& bob = report.groups[1];
  EXPECT_EQ(bob.at("final-recipient"), "rfc822; bob@example.net");
  EXPECT_EQ(bob.at("original-recipient"), "rfc822; Bob@example.com");
  EXPECT_EQ(bob.at("action"), "failed");
  EXPECT_EQ(bob.at("status"), "5.1.1");
  EXPECT_EQ(bob.at("remote-mta"), "dns; mx.example.net");
  EXPECT_EQ(bob.at("diagnostic-code"), "smtp; 550 5.1.1 no such user");
}

TEST_F(DsnComposerTest, NotifyRulesOfRfc3461) {
  using enum DsnNotify;
  struct Case {
    DsnNotify notify;
    DsnAction action;
    bool due;
  };
  const Case cases[] = {
      {kUnspecified, DsnAction::kFailed, true},
      {kUnspecified, DsnAction::kDelayed, true},
      {kUnspecified, DsnAction::kDelivered, false},
      {kNever, DsnAction::kFailed, false},
      {kNever, DsnAction::kDelayed, false},
      {kFailure, DsnAction::kFailed, true},
      {kFailure, DsnAction::kDelayed, false},
      {kDelay, DsnAction::kDelayed, true},
      {kDelay, DsnAction::kFailed, false},
      {kSuccess, DsnAction::kDelivered, true},
      {kSuccess, DsnAction::kRelayed, true},
      {kSuccess, DsnAction::kExpanded, true},
      {kSuccess, DsnAction::kFailed, false},
      {kSuccess | kFailure, DsnAction::kFailed, true},
      {kNever | kSuccess, DsnAction::kDelivered, false},
  };
  for (const auto& each : cases) {
    recipients.clear();
    add(each.action, each.notify);
    EXPECT_EQ(compose().size(), each.due ? 1u : 0u)
        << static_cast<int>(each.notify) << " " << static_cast<int>(each.action);
  }
}

TEST_F(DsnComposerTest, KindsGoInSeparateReports) {
  add(DsnAction::kFailed);
  add(DsnAction::kDelayed, DsnNotify::kUnspecified, "carol");
  add(DsnAction::kDelivered, DsnNotify::kSuccess, "dave");
  add(DsnAction::kRelayed, DsnNotify::kSuccess, "erin");
  retry_until = now + std::chrono::hours(24);
  const auto out = compose();
  ASSERT_EQ(out.size(), 3u);
  const auto delay = read_report(out[1].content);
  ASSERT_EQ(delay.groups.size(), 2u);
  EXPECT_EQ(delay.groups[1].at("action"), "delayed");
  EXPECT_EQ(delay.groups[1].at("status"), "4.0.0");
  EXPECT_EQ(delay.groups[1].at("will-retry-until"), "Wed, 15 Nov 2023 22:13:20 +0000 (UTC)");
  const auto success = read_report(out[2].content);
  ASSERT_EQ(success.groups.size(), 3u);
  EXPECT_EQ(success.groups[2].at("action"), "relayed");
  EXPECT_EQ(success.parts[2].type, "text/rfc822-headers");
}

TEST_F(DsnComposerTest, Row178NothingForTheNullReversePath) {
  envelope.reverse_path = std::nullopt;
  add(DsnAction::kFailed, DsnNotify::kFailure);
  add(DsnAction::kDelayed);
  add(DsnAction::kDelivered, DsnNotify::kSuccess);
  EXPECT_TRUE(compose().empty());
}

TEST_F(DsnComposerTest, Row178DsnOfDsnGoesToPostmasterOnlyWhenAskedAndEndsThere) {
  envelope.reverse_path = std::nullopt;
  options.notify.double_bounce = true;
  add(DsnAction::kFailed);
  const auto out = compose();
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].purpose, Notification::Purpose::kDoubleBounce);
  EXPECT_EQ(mail::to_wire(out[0].envelope.reverse_path), "double-bounce@example");
  EXPECT_EQ(out[0].envelope.recipients[0].forward_path.to_wire(), "postmaster@example");
  EXPECT_EQ(read_report(out[0].content).parts[2].type, "text/rfc822-headers");
  // The double bounce itself cannot be delivered: the chain ends.
  envelope = out[0].envelope;
  options.notify.bounce = true;
  EXPECT_TRUE(compose().empty());
}

TEST_F(DsnComposerTest, PostmasterCopiesFollowNotifyClasses) {
  add(DsnAction::kFailed, DsnNotify::kNever);
  add(DsnAction::kDelayed, DsnNotify::kNever);
  EXPECT_TRUE(compose().empty());
  options.notify = *NotifyClasses::parse("bounce, delay");
  const auto out = compose();
  ASSERT_EQ(out.size(), 2u);
  for (const auto& each : out)
    EXPECT_EQ(each.purpose, Notification::Purpose::kPostmasterCopy);
  EXPECT_FALSE(NotifyClasses::parse("bounce bogus"));
  EXPECT_FALSE(NotifyClasses::parse("")->resource);
}

TEST_F(DsnComposerTest, Row180ReturnedOriginalIsCapped) {
  const std::string head = "Subject: big\r\n\r\n";
  options.bounce_size_limit = 1000;
  add(DsnAction::kFailed);
  for (const auto& [size, full] :
       {std::pair{999u, true}, {1000u, true}, {1001u, false}, {1'000'000u, false}}) {
    content = head;
    while (content.size() + 80 < size)
      content += std::string(68, 'x') + "\r\n";
    content.append(size - content.size() - 2, 'y').append("\r\n");
    const auto out = compose();
    ASSERT_EQ(out.size(), 1u);
    const auto report = read_report(out[0].content);
    EXPECT_EQ(report.parts[2].type, full ? "message/rfc822" : "text/rfc822-headers") << size;
    EXPECT_LT(out[0].content.size(), 4000u);
    if (!full) {
      EXPECT_EQ(report.parts[2].body, "Subject: big\r\n");
    }
  }
}

TEST_F(DsnComposerTest, Row180TwentyMegabytesLongHeaderAndLongRemoteText) {
  content = "Subject: x\r\nX-Long: " + std::string(20'000'000, 'z');
  add(DsnAction::kFailed).smtp_reply = "550 " + std::string(1'000'000, 'w');
  const auto out = compose();
  ASSERT_EQ(out.size(), 1u);
  EXPECT_LT(out[0].content.size(), 60'000u);
  const auto report = read_report(out[0].content);
  EXPECT_TRUE(report.error.empty()) << report.error;
  EXPECT_EQ(report.parts[2].body, "Subject: x\r\n");
}

TEST_F(DsnComposerTest, ManyRecipientsMakeSeveralReports) {
  options.recipient_limit = 10;
  for (int i = 0; i < 21; ++i)
    add(DsnAction::kFailed);
  const auto out = compose();
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(read_report(out[0].content).groups.size(), 11u);
  EXPECT_EQ(read_report(out[2].content).groups.size(), 2u);
}

TEST_F(DsnComposerTest, RetHdrsGivesHeadersOnly) {
  envelope.ret = mail::DsnReturn::kHeaders;
  add(DsnAction::kFailed);
  const auto report = read_report(compose().at(0).content);
  EXPECT_EQ(report.parts[2].type, "text/rfc822-headers");
  EXPECT_EQ(report.parts[2].body, "From: a@b\r\nSubject: hi\r\n");
}

TEST_F(DsnComposerTest, Row096RemoteTextForgesNeitherFieldNorBoundary) {
  add(DsnAction::kFailed).smtp_reply =
      "550 no\r\nAction: delivered\r\n\r\n--report-ABCDEF\r\nContent-Type: text/html\r\n\r\n"
      "\x1b[2J\xe2\x80\xa8Status: 2.0.0\n.\n\0x";
  recipients.back().remote_mta = "evil\r\nStatus: 2.0.0[192.0.2.1]:25";
  recipients.back().recipient.orcpt = "rfc822;x\r\nAction: delivered";
  recipients.back().recipient.original_recipient = "x\r\nAction: relayed";
  envelope.envid = "a\r\nReporting-MTA: dns; other";
  const auto out = compose();
  ASSERT_EQ(out.size(), 1u);
  const auto report = read_report(out[0].content);
  ASSERT_TRUE(report.error.empty()) << report.error;
  ASSERT_EQ(report.parts.size(), 3u);
  ASSERT_EQ(report.groups.size(), 2u);
  EXPECT_EQ(report.groups[1].at("action"), "failed");
  EXPECT_EQ(report.groups[1].at("status"), "5.1.1");
  EXPECT_EQ(report.groups[0].at("reporting-mta"), "dns; mx.example");
  EXPECT_EQ(out[0].content.find('\x1b'), std::string::npos);
}

TEST_F(DsnComposerTest, Row096BoundaryInsideTheOriginalStaysInside) {
  add(DsnAction::kFailed);
  const auto first = read_report(compose().at(0).content);
  content = "Subject: x\r\n\r\n--" + first.boundary + "--\r\nrest\r\n";
  const auto report = read_report(compose().at(0).content);
  ASSERT_EQ(report.parts.size(), 3u);
  EXPECT_NE(report.boundary, first.boundary);
  EXPECT_EQ(report.parts[2].body, content);
}

TEST_F(DsnComposerTest, EightBitOriginalIsLabelled) {
  content =
      "Subject: x\r\n\r\nGr\xc3\xbc\xc3\x9f"
      "e\r\n";
  add(DsnAction::kFailed);
  const auto out = compose();
  EXPECT_EQ(out[0].envelope.body, mail::BodyType::kEightBitMime);
  const auto report = read_report(out[0].content);
  EXPECT_EQ(report.header.at("content-transfer-encoding"), "8bit");
  EXPECT_EQ(report.parts[2].body, content);
  EXPECT_FALSE(out[0].envelope.smtputf8);
}

TEST_F(DsnComposerTest, BinaryAndLongLinesComeBackAsHeaders) {
  for (const auto& body :
       {std::string("a\0b\r\n", 5), std::string("bare\nlf\r\n"), std::string(999, 'x') + "\r\n"}) {
    recipients.clear();
    content = "Subject: x\r\n\r\n" + body;
    add(DsnAction::kFailed);
    EXPECT_EQ(read_report(compose().at(0).content).parts[2].type, "text/rfc822-headers");
  }
}

TEST_F(DsnComposerTest, SmtpUtf8FormOfRfc6533) {
  envelope.smtputf8 = true;
  envelope.reverse_path = mail::Mailbox("j\xc3\xbcrgen", "example.org");
  add(DsnAction::kFailed, DsnNotify::kUnspecified, "\xe7\x94\xa8\xe6\x88\xb7");
  const auto out = compose();
  ASSERT_EQ(out.size(), 1u);
  EXPECT_TRUE(out[0].envelope.smtputf8);
  const auto report = read_report(out[0].content);
  EXPECT_EQ(report.parts[1].type, "message/global-delivery-status");
  EXPECT_EQ(report.parts[2].type, "message/global");
  EXPECT_EQ(report.groups[1].at("final-recipient"), "utf-8; \xe7\x94\xa8\xe6\x88\xb7@example.net");
}

TEST_F(DsnComposerTest, AsciiReportWritesUtf8AddressesInEscapes) {
  add(DsnAction::kFailed, DsnNotify::kUnspecified, "\xc3\xbc");
  const auto report = read_report(compose().at(0).content);
  EXPECT_EQ(report.groups[1].at("final-recipient"), "utf-8; \\x{FC}@example.net");
}

TEST_F(DsnComposerTest, ExpiredRecipientKeepsItsTransientStatus) {
  add(DsnAction::kFailed).status = "4.4.1";
  EXPECT_EQ(read_report(compose().at(0).content).groups[1].at("status"), "4.4.1");
  recipients[0].status = "2.0.0 forged";
  EXPECT_EQ(read_report(compose().at(0).content).groups[1].at("status"), "5.0.0");
}

TEST_F(DsnComposerTest, NoticeIsForEnabledClassesOnly) {
  const DsnComposer composer(options);
  EXPECT_FALSE(composer.notice(options.notify.protocol, "s", "t", QueueId(1), now));
  const auto notice =
      composer.notice(options.notify.resource, "disk\r\nBcc: x@y", "a\nb\r\n.\n", QueueId(1), now);
  ASSERT_TRUE(notice);
  EXPECT_EQ(notice->content.find("\r\nBcc:"), std::string::npos);
  EXPECT_EQ(mail::to_wire(notice->envelope.reverse_path), "double-bounce@example");
}

TEST(DsnText, FieldsFoldAndNeverExceed998Octets) {
  std::string out;
  append_field(out, "Diagnostic-Code",
               one_line("smtp; " + std::string(5000, 'x') + " y", 9000, false));
  std::size_t longest = 0;
  for (std::size_t at = 0, end; (end = out.find("\r\n", at)) != std::string::npos; at = end + 2) {
    longest = std::max(longest, end - at);
    if (at != 0) {
      EXPECT_EQ(out[at], ' ');
    }
  }
  EXPECT_LE(longest, 998u);
}

TEST(DsnText, InvalidUtf8IsReplacedAndUtf8KeptOnlyWhereAllowed) {
  EXPECT_EQ(one_line("a\xff\xc3", 100, true), "a??");
  EXPECT_EQ(one_line("a\xc3\xbc", 100, true), "a\xc3\xbc");
  EXPECT_EQ(one_line("a\xc3\xbc", 100, false), "a?");
  EXPECT_EQ(one_line("a\r\n\t b", 100, false), "a b");
  EXPECT_EQ(one_line(std::string(5, 'x'), 4, false), "xxxx...");
}

}  // namespace
}  // namespace postern::delivery
