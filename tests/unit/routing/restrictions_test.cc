#include "core/routing/restrictions.h"

#include <gtest/gtest.h>

namespace postern::routing {
namespace {

class Restrictions : public ::testing::Test {
 protected:
  void SetUp() override {
    DirectoryOptions site;
    site.myorigin = "local.test";
    site.mydestination = "local.test";
    site.local_recipient_maps = "inline:{ joe=x }";
    directory_ = *Directory::open(site);
    options_.mynetworks =
        std::make_shared<maps::NetworkList>(*maps::NetworkList::open("192.0.2.0/24"));
    context_.client_address = "203.0.113.5";
    context_.client_name = "mx.client.test";
    context_.helo = "client.test";
    context_.sender = &sender_;
    context_.recipient = &recipient_;
  }
  // "permit", "dunno", or the reply.
  std::string ask(std::string_view value) {
    auto list = RestrictionList::parse("smtpd_recipient_restrictions", value, options_);
    if (!list) return "error: " + list.error().context;
    last_ = list->evaluate(context_, *directory_);
    if (last_.verdict == Verdict::kPermit) return "permit";
    return last_.rejection ? last_.rejection->reply.to_log() : "dunno";
  }

  RestrictionOptions options_;
  std::shared_ptr<const Directory> directory_;
  mail::ReversePath sender_ = mail::Mailbox("s", "client.test");
  mail::Mailbox recipient_{"u", "ext.test"};
  RestrictionContext context_;
  RestrictionOutcome last_;
};

TEST_F(Restrictions, TheFirstDecisionEndsTheList) {
  EXPECT_EQ(ask("permit, reject"), "permit");
  EXPECT_EQ(ask("reject permit").substr(0, 9), "554 5.7.1");
  EXPECT_EQ(ask(""), "dunno");
  EXPECT_EQ(ask("permit_mynetworks permit_sasl_authenticated"), "dunno");
  context_.client_address = "192.0.2.77";
  EXPECT_EQ(ask("permit_mynetworks, reject"), "permit");
  context_.client_address = "203.0.113.5";
  context_.is_sasl_authenticated = true;
  EXPECT_EQ(ask("permit_mynetworks, permit_sasl_authenticated, reject"), "permit");
}

TEST_F(Restrictions, Destinations) {
  EXPECT_EQ(ask("reject_unauth_destination"), "554 5.7.1 <u@ext.test>: Relay access denied");
  EXPECT_EQ(ask("defer_unauth_destination"), "454 4.7.1 <u@ext.test>: Relay access denied");
  EXPECT_EQ(ask("permit_auth_destination"), "dunno");
  recipient_ = {"joe", "local.test"};
  EXPECT_EQ(ask("reject_unauth_destination"), "dunno");
  EXPECT_EQ(ask("permit_auth_destination, reject"), "permit");
}

TEST_F(Restrictions, UnlistedRecipient) {
  recipient_ = {"bob", "local.test"};
  EXPECT_EQ(ask("reject_unlisted_recipient"),
            "550 5.1.1 <bob@local.test>: Recipient address rejected: "
            "User unknown in local recipient table");
}

TEST_F(Restrictions, WarnIfRejectOnlyWarns) {
  EXPECT_EQ(ask("warn_if_reject reject_unauth_destination, permit"), "permit");
  ASSERT_EQ(last_.warnings.size(), 1u);
  EXPECT_NE(last_.warnings[0].find("Relay access denied"), std::string::npos);
  EXPECT_EQ(ask("warn_if_reject permit_sasl_authenticated, reject").substr(0, 3), "554");
}

TEST_F(Restrictions, DeferIfPermitAndIfReject) {
  EXPECT_EQ(ask("defer_if_permit, permit").substr(0, 9), "450 4.7.1");
  EXPECT_EQ(ask("defer_if_permit, reject").substr(0, 3), "554");
  EXPECT_EQ(ask("defer_if_reject, reject").substr(0, 3), "450");
  EXPECT_EQ(ask("defer_if_reject, permit"), "permit");
}

TEST_F(Restrictions, NamesThatAreNotFullyQualified) {
  EXPECT_EQ(ask("reject_non_fqdn_helo_hostname"), "dunno");
  context_.helo = "client";
  EXPECT_EQ(ask("reject_non_fqdn_hostname"),
            "504 5.5.2 <client>: Helo command rejected: need fully-qualified hostname");
  context_.helo = "-bad-";
  EXPECT_EQ(ask("reject_invalid_helo_hostname"),
            "501 5.5.2 <-bad->: Helo command rejected: Invalid name");
  sender_ = mail::Mailbox("s", "host");
  EXPECT_EQ(ask("reject_non_fqdn_sender"),
            "504 5.5.2 <s@host>: Sender address rejected: need fully-qualified address");
  sender_ = std::nullopt;
  EXPECT_EQ(ask("reject_non_fqdn_sender"), "dunno");
  recipient_ = {"postmaster", ""};
  EXPECT_EQ(ask("reject_non_fqdn_recipient"), "dunno");
}

TEST_F(Restrictions, EarlyPipelining) {
  EXPECT_EQ(ask("reject_unauth_pipelining"), "dunno");
  context_.has_pipelined_early = true;
  EXPECT_EQ(ask("reject_unauth_pipelining").substr(0, 3), "503");
}

TEST_F(Restrictions, AccessTables) {
  EXPECT_EQ(ask("check_recipient_access inline:{ ext.test=OK }, reject"), "permit");
  EXPECT_EQ(ask("check_recipient_access inline:{ {u@ext.test=REJECT go away} }"),
            "554 5.7.1 <u@ext.test>: Recipient address rejected: go away");
  EXPECT_EQ(ask("check_sender_access inline:{ {s@ = 450 4.2.0 busy} }"),
            "450 4.2.0 <s@client.test>: Sender address rejected: busy");
  EXPECT_EQ(ask("check_client_access inline:{ {203.0.113=REJECT} }").substr(0, 3), "554");
  EXPECT_EQ(ask("check_client_access inline:{ {client.test=DUNNO} }, reject").substr(0, 3), "554");
  EXPECT_EQ(ask("check_client_access cidr:{ {203.0.113.0/24 permit} }, reject"), "permit");
  EXPECT_EQ(ask("check_helo_access pcre:{ {/^client/ reject} }").substr(0, 3), "554");
  EXPECT_EQ(
      ask("check_recipient_access inline:{ ext.test=permit_mynetworks }, reject").substr(0, 3),
      "554");
}

TEST_F(Restrictions, WhatATableSaysAndWeCannotDoIsNeverAPermit) {
  EXPECT_EQ(ask("check_recipient_access inline:{ {ext.test=FILTER smtp:x} }, permit").substr(0, 3),
            "451");
  EXPECT_EQ(ask("check_recipient_access inline:{ {ext.test=check_recipient_access static:OK} }")
                .substr(0, 3),
            "451");
  EXPECT_EQ(ask("check_recipient_access fail:x, permit").substr(0, 3), "451");
}

TEST_F(Restrictions, UnknownAndUnsupportedWordsAreErrors) {
  for (const auto word : {"reject_unknown_sender_domain", "reject_rbl_client zen.example",
                          "check_policy_service x", "reject_unverified_recipient", "permti",
                          "reject_unauth_destinations", "check_recipient_access", "warn_if_reject"})
    EXPECT_EQ(ask(word).substr(0, 36), "error: smtpd_recipient_restrictions:") << word;
}

TEST_F(Restrictions, KnowsWhetherItGuardsTheRelay) {
  const auto guards = [&](std::string_view value) {
    return RestrictionList::parse("x", value, options_)->guards_relay();
  };
  EXPECT_TRUE(guards("permit_mynetworks, reject_unauth_destination"));
  EXPECT_TRUE(guards("permit_sasl_authenticated reject"));
  EXPECT_FALSE(guards("permit_mynetworks"));
  EXPECT_FALSE(guards("permit, reject"));
  EXPECT_FALSE(guards("warn_if_reject reject_unauth_destination"));
  EXPECT_FALSE(guards(""));
}

TEST_F(Restrictions, PeerTextCannotForgeAReply) {
  context_.helo = "x\r\n250 ok";
  const std::string reply = ask("reject_invalid_helo_hostname");
  EXPECT_EQ(reply.find('\r'), std::string::npos);
  EXPECT_EQ(reply.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace postern::routing
