// SegmentSummary: what a start needs to know of a sealed segment without reading it: one note for
// each record.  Kept beside the segment in "<number>.sum"; only a cache, made anew by a scan where
// it is missing or damaged.  Plain values; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/spool/message_state.h"
#include "core/spool/record.h"

namespace postern::spool {

struct Place {
  std::uint32_t segment = 0;  // 0: nowhere
  std::uint32_t offset = 0;
  std::uint32_t length = 0;  // of the whole record

  bool operator==(const Place&) const = default;
};

// What schedules a message, as of one record.
struct Schedule {
  std::int64_t next_attempt_ns = 0;
  std::uint32_t attempts = 0;
  std::uint32_t pending = 0;
  bool held = false;
  bool delay_warned = false;
};

struct MessageNote {
  QueueId id;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::uint32_t moved_from = 0;
  bool is_large = false;
  bool has_many_recipients = false;
  std::int64_t arrival_ns = 0;
  std::uint64_t size = 0;  // octets of content
  Schedule schedule;
};

struct ChangeNote {
  QueueId id;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::uint32_t home = 0;
  Schedule schedule;
};

struct RemovalNote {
  QueueId id;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::uint32_t home = 0;
};

struct SegmentSummary {
  std::uint32_t segment = 0;
  std::uint64_t end = 0;  // behind the last record
  QueueId id_floor;       // no smaller than any id in the segment or before it
  std::vector<MessageNote> messages;
  std::vector<ChangeNote> changes;
  std::vector<RemovalNote> removals;

  // Notes one record of a scan; false where its payload is malformed.
  bool note(const Record& record);
};

std::string encode(const SegmentSummary& summary);
// nullopt: damaged, of another version or of another segment.
std::optional<SegmentSummary> parse_summary(std::string_view octets, std::uint32_t segment);

MessageNote note_of(QueueId id, const mail::Envelope& envelope, const MessageState& state,
                    std::uint64_t size, bool is_large);

}  // namespace postern::spool
