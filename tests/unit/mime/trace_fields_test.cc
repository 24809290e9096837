#include "core/mime/trace_fields.h"

#include <gtest/gtest.h>

#include "core/mime/date.h"

namespace postern::mime {
namespace {

class TraceFieldsTest : public ::testing::Test {
 protected:
  TraceFieldsTest() {
    options.hostname = "mx.example";
    options.use_utc = true;
    envelope.client = {.name = "client.example",
                       .reverse_name = "",
                       .address = "192.0.2.1",
                       .port = 25,
                       .helo = "helo.example",
                       .protocol = "ESMTPS",
                       .tls = "TLSv1.3 with cipher X (256/256 bits)",
                       .sasl_method = "PLAIN",
                       .sasl_username = "joe"};
    envelope.arrival = time;
    add("bob");
  }
  void add(const std::string& name) {
    mail::Recipient recipient;
    recipient.forward_path = mail::Mailbox(name, "example.com");
    envelope.recipients.push_back(recipient);
  }
  std::string field() const { return received_field(envelope, QueueId(0xABC), options); }

  WallTime time{std::chrono::seconds(1'700'000'000)};
  TraceOptions options;
  mail::Envelope envelope;
};

TEST_F(TraceFieldsTest, ReceivedInPostfixsForm) {
  EXPECT_EQ(field(),
            "Received: from helo.example (client.example [192.0.2.1])\r\n"
            "\t(using TLSv1.3 with cipher X (256/256 bits))\r\n"
            "\tby mx.example (Postern) with ESMTPS id ABC\r\n"
            "\tfor <bob@example.com>; Tue, 14 Nov 2023 22:13:20 +0000 (UTC)\r\n");
}

TEST_F(TraceFieldsTest, RecipientsAreNotDisclosedToEachOther) {
  add("eve");
  EXPECT_EQ(field().find("for <"), std::string::npos);
}

TEST_F(TraceFieldsTest, OptionsShowOrHide) {
  options.show_tls = false;
  options.show_authenticated = true;
  EXPECT_EQ(field().find("using"), std::string::npos);
  EXPECT_NE(field().find("(Authenticated sender: joe)"), std::string::npos);
  envelope.client.address = "2001:db8::1";
  EXPECT_NE(field().find("[IPv6:2001:db8::1]"), std::string::npos);
}

TEST_F(TraceFieldsTest, Row092And094NothingOfAPeersBeginsALineOrClosesAComment) {
  envelope.client.helo = "x\r\nBcc: y";
  envelope.client.name = "a) by evil (";
  envelope.client.sasl_username = "u)\r\nX: y";
  envelope.client.tls = "cn\nX: y";
  envelope.client.protocol = "SMTP\r\n\r\n";
  options.show_authenticated = true;
  const auto section = HeaderSection::parse(field() + "\r\n");
  EXPECT_EQ(section.fields().size(), 1u);
  EXPECT_NE(field().find("(a? by evil ? ["), std::string::npos) << field();
  envelope.client.helo.assign(1'000'000, 'x');
  EXPECT_LT(field().size(), 4000u);
}

TEST_F(TraceFieldsTest, ShortFields) {
  EXPECT_EQ(return_path_field(std::nullopt), "Return-Path: <>\r\n");
  EXPECT_EQ(return_path_field(mail::Mailbox("a\r\nb", "x")), "Return-Path: <\"a??b\"@x>\r\n");
  EXPECT_EQ(delivered_to_field(mail::Mailbox("a", "x")), "Delivered-To: a@x\r\n");
  EXPECT_EQ(x_original_to_field("a\nb"), "X-Original-To: a?b\r\n");
  EXPECT_EQ(received_field_local(1000, QueueId(1), time, options),
            "Received: by mx.example (Postern, from userid 1000)\r\n"
            "\tid 1; Tue, 14 Nov 2023 22:13:20 +0000 (UTC)\r\n");
}

TEST_F(TraceFieldsTest, MissingFieldsOfASubmission) {
  const mail::ReversePath sender = mail::Mailbox("joe", "example.com");
  EXPECT_EQ(missing_fields(HeaderSection::parse("Subject: x\r\n\r\n"), sender, "Joe \"J\" Doe",
                           QueueId(0xABC), time, options),
            "Date: Tue, 14 Nov 2023 22:13:20 +0000 (UTC)\r\n"
            "Message-ID: <20231114221320.ABC@mx.example>\r\n"
            "From: \"Joe \\\"J\\\" Doe\" <joe@example.com>\r\n");
  EXPECT_EQ(missing_fields(HeaderSection::parse("date: x\r\nMESSAGE-ID: y\r\nFrom: z\r\n\r\n"),
                           sender, "", QueueId(1), time, options),
            "");
  EXPECT_EQ(missing_fields(HeaderSection::parse("Resent-To: x\r\nResent-Date: y\r\n"
                                                "Resent-Message-ID: z\r\n\r\n"),
                           std::nullopt, "", QueueId(1), time, options),
            "Resent-From: MAILER-DAEMON@mx.example\r\n");
}

TEST(DateTest, OffsetsAndLeapDays) {
  const WallTime leap{std::chrono::sys_days(std::chrono::year(2024) / 2 / 29) +
                      std::chrono::hours(23)};
  EXPECT_EQ(format_date(leap, {}, ""), "Thu, 29 Feb 2024 23:00:00 +0000");
  EXPECT_EQ(format_date(leap, std::chrono::minutes(330), "IST"),
            "Fri, 1 Mar 2024 04:30:00 +0530 (IST)");
  EXPECT_EQ(format_date(leap, std::chrono::minutes(-210), ""), "Thu, 29 Feb 2024 19:30:00 -0330");
}

}  // namespace
}  // namespace postern::mime
