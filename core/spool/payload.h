// Payloads of the four record types, as values: encode and parse.  A payload is u32 length of the
// fields, the fields, then the body (the content of a small message; else nothing).  Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/spool/message_state.h"

namespace postern::spool {

// Content that has a file of its own.
struct LargeContentRef {
  std::uint64_t size = 0;
  std::vector<std::uint32_t> checksums;  // CRC32C of each kLargeBlock octets
};
constexpr std::size_t kLargeBlock = 64u << 10;

struct SegmentHeaderPayload {
  std::uint32_t segment = 0;
  WallTime created{};
  QueueId id_floor;  // no id up to it is given out again, whatever the clock says
  // The segment that the same run wrote before this one, and how much of it counts: everything
  // before `previous_end` was synced, nothing behind it was acknowledged.  0: none.
  std::uint32_t previous = 0;
  std::uint64_t previous_end = 0;
};

struct MessagePayload {
  QueueId id;
  std::uint32_t moved_from = 0;  // segment the compactor copied it from; 0: as it came in
  mail::Envelope envelope;
  MessageState state;
  std::optional<LargeContentRef> large;
  std::string_view body;  // into what was parsed
};

// Everything that changed since the message record; a later one replaces it.
struct ChangePayload {
  QueueId id;
  std::uint32_t home = 0;
  std::vector<Change::Outcome> outcomes;
  std::uint32_t attempts = 0;
  WallTime next_attempt{};
  bool held = false;
  bool delay_warned = false;
  std::uint32_t pending = 0;
};

struct RemovalPayload {
  QueueId id;
  std::uint32_t home = 0;
};

// Without the body, which the writer appends from where it lies.
std::int64_t to_ns(WallTime time);
WallTime from_ns(std::int64_t ns);

std::string encode(const SegmentHeaderPayload& header);
std::string encode(const MessagePayload& message);
std::string encode(const ChangePayload& change);
std::string encode(const RemovalPayload& removal);
// As encode(MessagePayload), from the parts a committing session holds.
std::string encode_message(QueueId id, const mail::Envelope& envelope, const MessageState& state,
                           const LargeContentRef* large, std::uint32_t moved_from);

// kCorrupt: malformed.  Unknown fields are skipped.
Result<SegmentHeaderPayload> parse_segment_header(std::string_view payload);
Result<MessagePayload> parse_message(std::string_view payload);
Result<ChangePayload> parse_change(std::string_view payload);
Result<RemovalPayload> parse_removal(std::string_view payload);

std::uint32_t count_pending(const MessageState& state);
void apply(const ChangePayload& change, MessageState& state);

}  // namespace postern::spool
