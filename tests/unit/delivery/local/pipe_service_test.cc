#include "core/delivery/local/pipe_service.h"

#include <gtest/gtest.h>

namespace postern::delivery {
namespace {

class PipeServiceTest : public ::testing::Test {
 protected:
  PipeServiceTest() {
    envelope->reverse_path = mail::Mailbox("s", "Example.ORG");
    add("joe+ext", "Example.COM");
    attempt.id = QueueId(0xABC);
    attempt.content = std::make_shared<mail::MemoryContent>("Subject: t\r\n\r\n");
    attempt.route.next_hop = "Hop";
  }
  void add(const std::string& local_part, const std::string& domain) {
    mail::Recipient recipient;
    recipient.forward_path = mail::Mailbox(local_part, domain);
    recipient.original_recipient = "first@example.com";
    indexes.push_back(static_cast<std::uint32_t>(envelope->recipients.size()));
    envelope->recipients.push_back(recipient);
  }
  Result<std::vector<std::string>> expand(const std::vector<std::string>& words,
                                          bool allow_min_user = false) {
    std::vector<std::string> all = {"user=vmail"};
    all.insert(all.end(), words.begin(), words.end());
    const auto service = PipeService::parse("pipe", all);
    if (!service) return std::unexpected(service.error());
    attempt.envelope = envelope;
    return expand_arguments(*service, {attempt, indexes, "+", allow_min_user});
  }
  using Words = std::vector<std::string>;

  std::shared_ptr<mail::Envelope> envelope = std::make_shared<mail::Envelope>();
  mail::Attempt attempt;
  std::vector<std::uint32_t> indexes;
};

TEST_F(PipeServiceTest, ParsesTheWordsOfMasterCf) {
  const Words words = {"flags=DRhu", "user=vmail:mail", "directory=/tmp", "eol=\\r\\n",
                       "size=10",    "null_sender=",    "argv=/bin/x",    "-f",
                       "${sender}",  "user=y"};
  const auto service = PipeService::parse("x", words);
  ASSERT_TRUE(service) << service.error().describe();
  EXPECT_EQ(service->flags, "DRhu");
  EXPECT_TRUE(service->has_flag('h'));
  EXPECT_FALSE(service->has_flag('q'));
  EXPECT_EQ(service->user, "vmail:mail");
  EXPECT_EQ(service->line_end, "\r\n");
  EXPECT_EQ(service->size_limit, 10u);
  EXPECT_EQ(service->null_sender, "");
  EXPECT_EQ(service->argv, (Words{"/bin/x", "-f", "${sender}", "user=y"}));
}

TEST_F(PipeServiceTest, EveryMistakeIsNamed) {
  for (const Words& words :
       {Words{"user=v"}, Words{"argv=/x"}, Words{"user=v", "argv="},
        Words{"user=v", "flags=Z", "argv=/x"}, Words{"user=v", "what=1", "argv=/x"},
        Words{"user=v", "size=1k", "argv=/x"}, Words{"user=v", "word", "argv=/x"},
        Words{"user=v", "chroot=/y", "argv=/x"}})
    EXPECT_FALSE(PipeService::parse("x", words));
}

TEST_F(PipeServiceTest, MacrosOfMessageAndRecipient) {
  envelope->client.address = "192.0.2.1";
  const auto words = expand({"flags=hu", "argv=/bin/x", "${sender}", "$recipient", "a${user}b",
                             "${extension}", "${domain}", "${mailbox}", "$nexthop", "${queue_id}",
                             "${size}", "$$x", "${client_address}", "${original_recipient}"});
  ASSERT_TRUE(words) << words.error().describe();
  EXPECT_EQ(*words,
            (Words{"/bin/x", "s@Example.ORG", "joe+ext@example.com", "ajoeb", "ext", "example.com",
                   "joe+ext", "hop", "ABC", "14", "$x", "192.0.2.1", "first@example.com"}));
}

TEST_F(PipeServiceTest, AnElementWithARecipientComesOncePerRecipient) {
  add("ann", "b.example");
  const auto words = expand({"argv=/bin/x", "--", "${recipient}", "end"});
  ASSERT_TRUE(words);
  EXPECT_EQ(*words, (Words{"/bin/x", "--", "joe+ext@Example.COM", "ann@b.example", "end"}));
}

TEST_F(PipeServiceTest, NullSender) {
  envelope->reverse_path = std::nullopt;
  EXPECT_EQ(expand({"argv=/x", "${sender}"})->at(1), "MAILER-DAEMON");
  EXPECT_EQ(expand({"null_sender=", "argv=/x", "${sender}"})->at(1), "");
}

TEST_F(PipeServiceTest, Row090AddressesNeverBeginAnArgumentWithMinus) {
  for (const auto local_part : {"-oX", "--config=/x", "-"}) {
    envelope->recipients[0].forward_path = mail::Mailbox(local_part, "example.com");
    const auto bare = expand({"argv=/x", "${recipient}"});
    ASSERT_FALSE(bare) << local_part;
    EXPECT_EQ(bare.error().kind, ErrorKind::kInvalid);
    EXPECT_FALSE(expand({"argv=/x", "${user}"}));
    EXPECT_FALSE(expand({"argv=/x", "${mailbox}@x"}));
    EXPECT_TRUE(expand({"argv=/x", "to=${recipient}"})) << "not at the beginning";
    EXPECT_TRUE(expand({"argv=/x", "${recipient}"}, true)) << "allow_min_user";
  }
  envelope->recipients[0].forward_path = mail::Mailbox("x+-oX", "example.com");
  EXPECT_FALSE(expand({"argv=/x", "${extension}"}));
  envelope->recipients[0].forward_path = mail::Mailbox("x", "example.com");
  envelope->reverse_path = mail::Mailbox("-oX", "example.org");
  EXPECT_FALSE(expand({"argv=/x", "-f", "${sender}"}));
  // An empty value in front does not hide it.
  EXPECT_FALSE(expand({"argv=/x", "${extension}${sender}"}));
  EXPECT_FALSE(expand({"argv=/x", "${envid}${sender}"}));
}

TEST_F(PipeServiceTest, Row088And089And091ValuesAreNotExpandedAgain) {
  for (const auto local_part : {"${run{/bin/touch /tmp/x}}", "root+:\"|touch /tmp/x\"", "$(id)",
                                "`id`", "a;b", "a'b\"c", "${sender}", "a b"}) {
    envelope->recipients[0].forward_path = mail::Mailbox(local_part, "local.test");
    const auto words = expand({"argv=/x", "${recipient}"});
    ASSERT_TRUE(words) << local_part;
    EXPECT_EQ(words->size(), 2u);
    EXPECT_EQ(words->at(1), std::string(local_part) + "@local.test");
  }
}

TEST_F(PipeServiceTest, UnknownMacrosAreTheOperatorsFault) {
  for (const auto word : {"${nosuch}", "$nosuch", "${open"}) {
    const auto words = expand({"argv=/x", word});
    ASSERT_FALSE(words) << word;
    EXPECT_EQ(words.error().kind, ErrorKind::kNotFound) << word;
  }
}

TEST(SplitLocalPart, SystemNamesStayWhole) {
  EXPECT_EQ(split_local_part("joe+x", "+").user, "joe");
  EXPECT_EQ(split_local_part("joe+x+y", "+").extension, "x+y");
  EXPECT_EQ(split_local_part("joe-x+y", "+-").extension, "x+y");
  EXPECT_EQ(split_local_part("+x", "+").user, "+x");
  for (const auto name : {"owner-list-x", "list-request", "MAILER-DAEMON", "double-bounce"})
    EXPECT_EQ(split_local_part(name, "-").user, name);
}

}  // namespace
}  // namespace postern::delivery
