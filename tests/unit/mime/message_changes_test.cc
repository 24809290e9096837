#include "core/mime/message_changes.h"

#include <gtest/gtest.h>

namespace postern::mime {
namespace {

// A message with our own Received above what the filter was shown.
HeaderList received_and(std::string_view shown) {
  HeaderList out(HeaderSection::parse(shown));
  out.prepend_hidden("Received", "by us");
  return out;
}

std::string after(const mail::Modifications& modifications, std::string_view shown,
                  Numbering numbering = Numbering::kPostfix) {
  HeaderList header = received_and(shown);
  EXPECT_FALSE(apply(modifications, header, numbering));
  return header.to_string();
}

TEST(MessageChanges, TheInsertIndexCountsOurOwnReceived) {
  EXPECT_EQ(after({mail::InsertHeader{0, "X", " 0"}}, "A: 1\r\n"),
            "X: 0\r\nReceived: by us\r\nA: 1\r\n");
  EXPECT_EQ(after({mail::InsertHeader{1, "X", " 1"}}, "A: 1\r\n"),
            "Received: by us\r\nX: 1\r\nA: 1\r\n");
  EXPECT_EQ(after({mail::InsertHeader{2, "X", " 2"}}, "A: 1\r\n"),
            "Received: by us\r\nA: 1\r\nX: 2\r\n");
  EXPECT_EQ(after({mail::InsertHeader{4'000'000'000, "X", " 9"}}, "A: 1\r\n"),
            "Received: by us\r\nA: 1\r\nX: 9\r\n");
}

TEST(MessageChanges, TheChangeIndexCountsWhatTheFilterWasShown) {
  const std::string_view shown = "Received: one\r\nA: 1\r\nReceived: two\r\na: 2\r\n";
  EXPECT_EQ(after({mail::ChangeHeader{1, "Received", " new"}}, shown),
            "Received: by us\r\nReceived: new\r\nA: 1\r\nReceived: two\r\na: 2\r\n");
  EXPECT_EQ(after({mail::ChangeHeader{2, "A", " new"}}, shown),
            "Received: by us\r\nReceived: one\r\nA: 1\r\nReceived: two\r\nA: new\r\n");
  EXPECT_EQ(after({mail::ChangeHeader{3, "A", " new"}}, shown),
            "Received: by us\r\nReceived: one\r\nA: 1\r\nReceived: two\r\na: 2\r\nA: new\r\n");
  // Hidden also once something was put above it.
  EXPECT_EQ(after({mail::InsertHeader{0, "X", " 0"}, mail::DeleteHeader{1, "Received"}}, shown),
            "X: 0\r\nReceived: by us\r\nA: 1\r\nReceived: two\r\na: 2\r\n");
}

TEST(MessageChanges, DeletionsFromTheLastToTheFirst) {
  const std::string_view shown = "A: 1\r\nA: 2\r\nA: 3\r\n";
  const mail::Modifications last_first{mail::DeleteHeader{3, "A"}, mail::DeleteHeader{2, "A"},
                                       mail::DeleteHeader{1, "A"}};
  for (const Numbering numbering : {Numbering::kPostfix, Numbering::kSendmail})
    EXPECT_EQ(after(last_first, shown, numbering), "Received: by us\r\n");
  // The other way around it depends on the MTA (CVE-2022-48521).
  const mail::Modifications first_last{mail::DeleteHeader{1, "A"}, mail::DeleteHeader{2, "A"},
                                       mail::DeleteHeader{3, "A"}};
  EXPECT_EQ(after(first_last, shown), "Received: by us\r\nA: 2\r\n");
  EXPECT_EQ(after(first_last, shown, Numbering::kSendmail), "Received: by us\r\n");
}

TEST(MessageChanges, TheSpaceBehindTheColonIsTheFilters) {
  EXPECT_EQ(after({mail::AddHeader{"A", "none"}, mail::AddHeader{"B", "\r\n two"}}, ""),
            "Received: by us\r\nA:none\r\nB:\r\n two\r\n");
}

TEST(MessageChanges, ANewBodyAndWhatConcernsTheEnvelope) {
  HeaderList header = received_and("A: 1\r\n");
  const auto body = apply({mail::Quarantine{"x"}, mail::ReplaceBody{"new\r\n"},
                           mail::DeleteRecipient{mail::Mailbox("a", "b")}},
                          header);
  EXPECT_EQ(body, "new\r\n");
  EXPECT_EQ(header.to_string(), "Received: by us\r\nA: 1\r\n");
}

}  // namespace
}  // namespace postern::mime
