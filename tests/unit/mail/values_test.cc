// Mailboxes, replies, status codes, contents.
#include <gtest/gtest.h>

#include "core/mail/content.h"
#include "core/mail/envelope.h"
#include "core/mail/mailbox.h"
#include "core/mail/reply.h"

namespace postern::mail {
namespace {

TEST(MailboxTest, LocalPartsAreQuotedWhereTheyMustBe) {
  EXPECT_EQ(Mailbox("joe", "x.test").to_wire(), "joe@x.test");
  EXPECT_EQ(Mailbox("a.b+c", "x").to_wire(), "a.b+c@x");
  for (const auto local_part : {"a b", ".a", "a.", "a..b", "a@b", "", "a,b", "(a)"})
    EXPECT_EQ(Mailbox(local_part, "x").to_wire(), "\"" + std::string(local_part) + "\"@x");
  EXPECT_EQ(Mailbox("a\"b\\c", "x").to_wire(), "\"a\\\"b\\\\c\"@x");
  EXPECT_EQ(Mailbox("gr\xC3\xBC\xC3\x9F", "x").to_wire(), "gr\xC3\xBC\xC3\x9F@x");
  EXPECT_EQ(Mailbox("a b", "x").to_lookup_key(), "a b@x");
  EXPECT_EQ(Mailbox("postmaster", "").to_wire(), "postmaster");
  EXPECT_EQ(to_wire(ReversePath()), "");
}

TEST(MailboxTest, OnlyTheDomainIgnoresCase) {
  EXPECT_EQ(Mailbox("joe", "Example.COM"), Mailbox("joe", "example.com"));
  EXPECT_FALSE(Mailbox("Joe", "example.com") == Mailbox("joe", "example.com"));
  EXPECT_TRUE(Mailbox("x", "[192.0.2.1]").is_address_literal());
  EXPECT_FALSE(Mailbox("x", "\xC3\xBC").is_ascii());
  EXPECT_EQ(to_lower_ascii("A\xC3\x9C"), "a\xC3\x9C");
}

TEST(ReplyTest, WireForm) {
  std::string out;
  Reply(250, EnhancedStatus{2, 1, 5}, std::vector<std::string>{"one", "two"}).append_to(out);
  EXPECT_EQ(out, "250-2.1.5 one\r\n250 2.1.5 two\r\n");
  EXPECT_EQ(Reply(550, EnhancedStatus{5, 1, 1}, "no").to_log(), "550 5.1.1 no");
  EXPECT_TRUE(Reply(354, {}, "go").is_positive());
  EXPECT_TRUE(Reply(421, {}, "bye").is_transient_failure());
  EXPECT_TRUE(Reply(550, {}, "no").is_permanent_failure());
}

TEST(ReplyTest, Row096TextCannotForgeASecondReply) {
  std::string out;
  Reply(550, {}, std::string_view("no\r\n250 ok\0", 11)).append_to(out);
  EXPECT_EQ(out, "550 no??250 ok?\r\n");
}

TEST(ReplyTest, LinesAtMinusOneExactPlusOneAndThousandfold) {
  for (const std::size_t size : {505u, 506u, 507u, 506'000u}) {
    std::string out;
    Reply(250, {}, std::string(size, 'x')).append_to(out);
    EXPECT_EQ(out.size(), std::min<std::size_t>(size + 6, Reply::kMaxLineOctets)) << size;
    EXPECT_TRUE(out.ends_with("\r\n"));
  }
  for (const std::size_t count : {99u, 100u, 101u, 100'000u}) {
    const Reply reply(250, {}, std::vector<std::string>(count, "x"));
    EXPECT_EQ(reply.lines().size(), std::min(count, Reply::kMaxLines));
  }
  EXPECT_EQ(Reply(250, {}, std::vector<std::string>()).lines().size(), 1u);
}

TEST(EnhancedStatusTest, OnlyTheShapeOfRfc3463) {
  for (const auto good : {"2.0.0", "5.1.1", "4.7.28", "5.999.999"})
    EXPECT_EQ(EnhancedStatus::parse(good)->to_string(), good);
  for (const auto bad : {"", "5.1", "3.0.0", "5.01.1", "5.1.1000", "5.1.1 ", "5..1", "5.1.x",
                         "51.1.1", "5.1.1.1", "-5.1.1"})
    EXPECT_FALSE(EnhancedStatus::parse(bad)) << bad;
}

TEST(ContentTest, ReadsFromAnyOffset) {
  const MemoryContent content("hello");
  char buffer[3];
  EXPECT_EQ(*content.read_at(0, buffer), 3u);
  EXPECT_EQ(std::string_view(buffer, 3), "hel");
  EXPECT_EQ(*content.read_at(3, buffer), 2u);
  EXPECT_EQ(*content.read_at(5, buffer), 0u);
  EXPECT_EQ(*content.read_at(5'000'000, buffer), 0u);
  EXPECT_EQ(*read_all(content, 5), "hello");
  EXPECT_EQ(read_all(content, 4).error().kind, ErrorKind::kLimit);
}

TEST(DsnNotifyTest, IsASet) {
  const auto both = DsnNotify::kSuccess | DsnNotify::kFailure;
  EXPECT_TRUE(has(both, DsnNotify::kSuccess));
  EXPECT_FALSE(has(both, DsnNotify::kDelay));
  EXPECT_FALSE(has(DsnNotify::kUnspecified, DsnNotify::kFailure));
}

}  // namespace
}  // namespace postern::mail
