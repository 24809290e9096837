#include "core/spool/payload.h"

#include <gtest/gtest.h>

#include "core/spool/fields.h"
#include "core/spool/format.h"
#include "tests/unit/spool/memory_spool.h"

namespace postern::spool {
namespace {

MessagePayload full_message() {
  MessagePayload out;
  out.id = QueueId(0x123456789abcdef);
  out.moved_from = 77;
  out.envelope = *make_envelope(3);
  out.envelope.recipients[1].notify = mail::DsnNotify::kNever;
  out.envelope.recipients[2].orcpt = "";
  out.envelope.recipients[2].forward_path = mail::Mailbox("a b\"\\", "[192.0.2.1]");
  out.envelope.body = mail::BodyType::kBinaryMime;
  out.envelope.smtputf8 = true;
  out.envelope.ret = mail::DsnReturn::kHeaders;
  out.envelope.envid = std::string("QQ\0+4159", 8);
  out.envelope.origin = mail::Origin::kForwarded;
  out.envelope.client = {"mx.example", "rev.example", "2001:db8::1", 65535,  "helo",
                         "ESMTPSA",    "TLSv1.3",     "PLAIN",       "alice"};
  out.envelope.arrival = WallTime(std::chrono::nanoseconds(-1'000'000'007));
  out.envelope.listener = "submission";
  out.state.recipients.resize(3);
  out.state.recipients[1] = {RecipientState::kFailed, "said: 550", "5.1.1", "mx[192.0.2.1]:25"};
  out.state.attempts = 4'000'000'000u;
  out.state.next_attempt = WallTime(std::chrono::nanoseconds(1'800'000'000'000'000'123));
  out.state.held = true;
  out.state.delay_warned = true;
  return out;
}

void expect_same(const MessagePayload& a, const MessagePayload& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.moved_from, b.moved_from);
  EXPECT_EQ(a.envelope, b.envelope);
  EXPECT_EQ(a.state, b.state);
}

TEST(Payload, MessageComesBackWhole) {
  const MessagePayload message = full_message();
  const std::string octets = encode(message) + "body octets";
  const auto back = parse_message(octets);
  ASSERT_TRUE(back);
  expect_same(*back, message);
  EXPECT_EQ(back->body, "body octets");
}

TEST(Payload, NullReversePathStaysNull) {
  MessagePayload message = full_message();
  message.envelope.reverse_path.reset();
  EXPECT_FALSE(parse_message(encode(message))->envelope.reverse_path);
}

TEST(Payload, TenThousandRecipientsComeBack) {
  MessagePayload message = full_message();
  message.envelope = *make_envelope(10'000);
  message.state.recipients.assign(10'000, {RecipientState::kPending, "later", "4.0.0", ""});
  const std::string octets = encode(message);
  expect_same(*parse_message(octets), message);
}

TEST(Payload, LargeContentNeedsAChecksumForEachBlock) {
  MessagePayload message = full_message();
  for (const std::uint64_t size : {kLargeBlock - 1, kLargeBlock, kLargeBlock + 1}) {
    message.large = {size, std::vector<std::uint32_t>(size > kLargeBlock ? 2 : 1, 0xdeadbeef)};
    const std::string octets = encode(message);
    const auto back = parse_message(octets);
    ASSERT_TRUE(back) << size;
    EXPECT_EQ(back->large->size, size);
    EXPECT_EQ(back->large->checksums, message.large->checksums);
    message.large->checksums.push_back(0);
    EXPECT_FALSE(parse_message(encode(message))) << size;
  }
}

TEST(Payload, LargeSizeIsBounded) {
  MessagePayload message = full_message();
  message.large = {format::kMaxLarge + 1, {}};
  EXPECT_FALSE(parse_message(encode(message)));
  // Rounding up to blocks must not wrap round to none.
  message.large = {~0ull, {}};
  EXPECT_FALSE(parse_message(encode(message)));
}

TEST(Payload, ProgressOfARecipientThatIsNotThereIsMalformed) {
  MessagePayload message = full_message();
  message.envelope.recipients.resize(1);
  message.state.recipients.resize(1);
  std::string octets = encode(message);
  ASSERT_TRUE(parse_message(octets));
  MessagePayload other = full_message();
  other.state.recipients.assign(3, {RecipientState::kFailed, "x", "5.0.0", ""});
  std::string fields = encode(other).substr(4);
  // Take the recipients away, keep what happened to them.
  std::string kept;
  FieldReader reader(fields);
  while (reader.next())
    if (reader.tag<format::Field>() != format::Field::kRecipient)
      put_field(kept, reader.tag<format::Field>(), reader.value());
  std::string damaged;
  put_u32(damaged, static_cast<std::uint32_t>(kept.size()));
  EXPECT_FALSE(parse_message(damaged + kept));
}

TEST(Payload, UnknownFieldsAreSkipped) {
  const MessagePayload message = full_message();
  std::string fields = encode(message).substr(4);
  put_field(fields, static_cast<format::Field>(250), "from a later version");
  std::string octets;
  put_u32(octets, static_cast<std::uint32_t>(fields.size()));
  octets += fields + "body";
  const auto back = parse_message(octets);
  ASSERT_TRUE(back);
  expect_same(*back, message);
  EXPECT_EQ(back->body, "body");
}

TEST(Payload, EveryCutOfAMessageIsMalformedOrLacksFields) {
  const std::string octets = encode(full_message());
  for (std::size_t length = 0; length < octets.size(); ++length)
    EXPECT_FALSE(parse_message(octets.substr(0, length))) << length;
}

TEST(Payload, ChangeComesBack) {
  ChangePayload change;
  change.id = QueueId(42);
  change.home = 9;
  change.outcomes = {{0, {RecipientState::kDelivered, "ok", "2.0.0", "mx"}},
                     {4'000'000'000u, {RecipientState::kExpanded, "", "", ""}}};
  change.attempts = 3;
  change.next_attempt = WallTime(5s);
  change.held = true;
  change.delay_warned = true;
  change.pending = 12;
  const auto back = parse_change(encode(change));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->id, change.id);
  EXPECT_EQ(back->home, 9u);
  ASSERT_EQ(back->outcomes.size(), 2u);
  EXPECT_EQ(back->outcomes[1].recipient, 4'000'000'000u);
  EXPECT_EQ(back->outcomes[0].progress, change.outcomes[0].progress);
  EXPECT_EQ(back->attempts, 3u);
  EXPECT_EQ(back->next_attempt, WallTime(5s));
  EXPECT_TRUE(back->held);
  EXPECT_TRUE(back->delay_warned);
  EXPECT_EQ(back->pending, 12u);
}

TEST(Payload, RemovalAndSegmentHeaderComeBack) {
  const auto removal = parse_removal(encode(RemovalPayload{QueueId(7), 3}));
  ASSERT_TRUE(removal);
  EXPECT_EQ(removal->id, QueueId(7));
  EXPECT_EQ(removal->home, 3u);
  const auto header = parse_segment_header(
      encode(SegmentHeaderPayload{5, WallTime(9s), QueueId(11), 4, 0xffe00000}));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->segment, 5u);
  EXPECT_EQ(header->created, WallTime(9s));
  EXPECT_EQ(header->id_floor, QueueId(11));
  EXPECT_EQ(header->previous, 4u);
  EXPECT_EQ(header->previous_end, 0xffe00000u);
}

TEST(Payload, ChangeOfMoreRecipientsThanThereAreIsHarmless) {
  ChangePayload change;
  change.outcomes = {{1, {RecipientState::kDelivered, "", "", ""}},
                     {5, {RecipientState::kFailed, "", "", ""}}};
  MessageState state;
  state.recipients.resize(2);
  apply(change, state);
  EXPECT_EQ(count_pending(state), 1u);
}

}  // namespace
}  // namespace postern::spool
