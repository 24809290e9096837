#include "core/mail/envelope_changes.h"

#include <gtest/gtest.h>

namespace postern::mail {
namespace {

Recipient to(std::string local_part, std::string domain, std::string original = "") {
  Recipient out;
  out.forward_path = Mailbox(std::move(local_part), std::move(domain));
  out.original_recipient = std::move(original);
  return out;
}

TEST(EnvelopeChanges, TheReversePathAndWhatIsSaidOfIt) {
  Envelope envelope;
  envelope.reverse_path = Mailbox("a", "b.example");
  envelope.envid = "old";
  apply({ChangeReversePath{Mailbox("c", "d.example"), DsnReturn::kFull, std::nullopt}}, envelope);
  EXPECT_EQ(to_wire(envelope.reverse_path), "c@d.example");
  EXPECT_EQ(envelope.ret, DsnReturn::kFull);
  EXPECT_EQ(envelope.envid, "old");
  apply({ChangeReversePath{std::nullopt, std::nullopt, "new"}}, envelope);
  EXPECT_FALSE(envelope.reverse_path);
  EXPECT_EQ(envelope.envid, "new");
}

TEST(EnvelopeChanges, ARecipientIsAddedOnce) {
  Envelope envelope;
  envelope.recipients = {to("a", "b.example")};
  apply({AddRecipient{to("a", "B.example")}, AddRecipient{to("A", "b.example")},
         AddRecipient{to("c", "d.example")}, AddRecipient{to("c", "d.example")}},
        envelope);
  ASSERT_EQ(envelope.recipients.size(), 3u);
  EXPECT_EQ(envelope.recipients[1].forward_path.local_part(), "A");
  EXPECT_EQ(envelope.recipients[2].forward_path.local_part(), "c");
}

TEST(EnvelopeChanges, ADeletionTakesTheAddressAsGivenOrAsRewritten) {
  Envelope envelope;
  envelope.recipients = {to("a", "b.example"), to("new", "d.example", "old@d.example"),
                         to("c", "b.example")};
  apply({DeleteRecipient{Mailbox("old", "d.example")}, DeleteRecipient{Mailbox("a", "b.example")},
         DeleteRecipient{Mailbox("nobody", "b.example")}},
        envelope);
  ASSERT_EQ(envelope.recipients.size(), 1u);
  EXPECT_EQ(envelope.recipients[0].forward_path.local_part(), "c");
}

TEST(EnvelopeChanges, TheOrderCounts) {
  Envelope envelope;
  envelope.recipients = {to("a", "b.example")};
  apply({DeleteRecipient{Mailbox("a", "b.example")}, AddRecipient{to("a", "b.example")}}, envelope);
  EXPECT_EQ(envelope.recipients.size(), 1u);
}

TEST(EnvelopeChanges, TheLastQuarantine) {
  EXPECT_FALSE(quarantine_reason({AddHeader{"N", " v"}}));
  EXPECT_EQ(quarantine_reason({Quarantine{"one"}, Quarantine{"two"}}), "two");
}

}  // namespace
}  // namespace postern::mail
