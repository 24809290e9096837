#include "core/delivery/local/header_scan.h"

#include <gtest/gtest.h>

#include "core/delivery/blocking_transport.h"
#include "core/delivery/local/done_set.h"
#include "core/delivery/local/fd_content.h"
#include "core/delivery/mailbox_locks.h"

namespace postern::delivery {
namespace {

HeaderScan scan(const std::string& message) {
  auto scanned = scan_header(mail::MemoryContent(message));
  EXPECT_TRUE(scanned);
  return scanned.value_or(HeaderScan());
}

TEST(HeaderScanTest, OnlyTheHeaderOnlyWholeNamesAnyCase) {
  const auto seen = scan(
      "Received: a\r\nreceived: b\r\nDELIVERED-TO:  Joe@X.test \r\nX-Delivered-To: no@x\r\n"
      "Delivered-To:\r\n\r\nDelivered-To: body@x\r\nReceived: c\r\n");
  EXPECT_EQ(seen.received, 2u);
  EXPECT_TRUE(seen.was_delivered_to("joe@x.TEST"));
  EXPECT_FALSE(seen.was_delivered_to("no@x"));
  EXPECT_FALSE(seen.was_delivered_to("body@x"));
  EXPECT_FALSE(seen.was_delivered_to(""));
}

TEST(HeaderScanTest, Row176HundredAndOneReceived) {
  std::string message;
  for (int i = 0; i < 101; ++i)
    message += "Received: from x\r\n";
  EXPECT_EQ(scan(message + "\r\n").received, 101u);
}

TEST(HeaderScanTest, FieldLimitAtMinusOneExactPlusOneAndThousandfold) {
  for (const std::size_t count : {kScanFields - 1, kScanFields, kScanFields + 1}) {
    std::string message;
    for (std::size_t i = 0; i < count; ++i)
      message += "Delivered-To: a\r\n";
    EXPECT_EQ(scan(message).delivered_to.size(), std::min(count, kScanFields));
  }
  std::string flood;
  while (flood.size() < 10 * kScanLimit)
    flood += "Delivered-To: a\r\n";
  EXPECT_LE(scan(flood).delivered_to.size(), kScanFields);
}

TEST(HeaderScanTest, ReadsContentThatIsNotInMemory) {
  const auto copy = sealed_copy(mail::MemoryContent("Delivered-To: joe@x\r\n\r\n"));
  ASSERT_TRUE(copy);
  const FdContent content(copy->get());
  const auto seen = scan_header(content);
  ASSERT_TRUE(seen);
  EXPECT_TRUE(seen->was_delivered_to("joe@x"));
}

TEST(PrologueTest, Row095NothingInItBeginsAFieldOfItsOwn) {
  mail::Envelope envelope;
  envelope.reverse_path = mail::Mailbox("a\nb", "x");
  EXPECT_EQ(delivery_prologue(envelope, "o\r\nX: y", "d\nZ: w"),
            "Return-Path: <\"a?b\"@x>\nX-Original-To: o??X: y\nDelivered-To: d?Z: w\n");
  envelope.reverse_path = std::nullopt;
  EXPECT_EQ(delivery_prologue(envelope, "", ""), "Return-Path: <>\n");
}

TEST(DoneSetTest, ForgetsTheOldest) {
  DoneSet done(2);
  done.add("a");
  done.add("b");
  done.add("a");
  EXPECT_TRUE(done.contains("a"));
  done.add("c");
  EXPECT_FALSE(done.contains("a"));
  EXPECT_TRUE(done.contains("b"));
  EXPECT_TRUE(done.contains("c"));
}

TEST(MailboxLocksTest, WordsOfTheParameter) {
  const std::vector<std::string> words = {"flock", "dotlock"};
  const auto locks = MailboxLocks::parse(words);
  ASSERT_TRUE(locks);
  EXPECT_TRUE(locks->use_fcntl);
  EXPECT_TRUE(locks->use_dotlock);
  EXPECT_FALSE(MailboxLocks::parse({})->use_dotlock);
  const std::vector<std::string> unknown = {"lockf"};
  EXPECT_FALSE(MailboxLocks::parse(unknown));
}

}  // namespace
}  // namespace postern::delivery
