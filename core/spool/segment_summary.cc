#include "core/spool/segment_summary.h"

#include <algorithm>

#include "core/base/crc32c.h"
#include "core/spool/fields.h"
#include "core/spool/payload.h"

namespace postern::spool {
namespace {

constexpr std::uint32_t kSummaryMagic = 0x314d5350;  // "PSM1"
constexpr std::uint32_t kSummaryVersion = 1;
constexpr std::size_t kPrefix = 48;  // magic, version, segment, 3 counts, end, floor, reserved
constexpr std::size_t kMessageOctets = 64;
constexpr std::size_t kChangeOctets = 48;
constexpr std::size_t kRemovalOctets = 24;

enum Flag : std::uint32_t { kLarge = 1, kMany = 2, kIsHeld = 4, kWarned = 8 };

void put_schedule(std::string& out, const Schedule& schedule, std::uint32_t flags) {
  if (schedule.held) flags |= kIsHeld;
  if (schedule.delay_warned) flags |= kWarned;
  put_u64(out, static_cast<std::uint64_t>(schedule.next_attempt_ns));
  put_u32(out, schedule.attempts);
  put_u32(out, schedule.pending);
  put_u32(out, flags);
}

Schedule get_schedule(std::string_view in, std::size_t at, std::uint32_t& flags) {
  flags = get_u32(in, at + 16);
  return {.next_attempt_ns = static_cast<std::int64_t>(get_u64(in, at)),
          .attempts = get_u32(in, at + 8),
          .pending = get_u32(in, at + 12),
          .held = (flags & kIsHeld) != 0,
          .delay_warned = (flags & kWarned) != 0};
}

}  // namespace

std::int64_t to_ns(WallTime time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

WallTime from_ns(std::int64_t ns) {
  return WallTime(std::chrono::duration_cast<WallTime::duration>(std::chrono::nanoseconds(ns)));
}

MessageNote note_of(QueueId id, const mail::Envelope& envelope, const MessageState& state,
                    std::uint64_t size, bool is_large) {
  MessageNote note;
  note.id = id;
  note.is_large = is_large;
  note.has_many_recipients = envelope.recipients.size() > 1;
  note.arrival_ns = to_ns(envelope.arrival);
  note.size = size;
  note.schedule = {.next_attempt_ns = to_ns(state.next_attempt),
                   .attempts = state.attempts,
                   .pending = count_pending(state),
                   .held = state.held,
                   .delay_warned = state.delay_warned};
  return note;
}

bool SegmentSummary::note(const Record& record) {
  const auto offset = record.header.offset;
  const auto length = static_cast<std::uint32_t>(record.end - offset);
  QueueId id;
  switch (record.header.type) {
    case format::RecordType::kSegmentHeader: {
      const auto header = parse_segment_header(record.payload);
      if (!header) return false;
      id = header->id_floor;
      break;
    }
    case format::RecordType::kMessage: {
      const auto message = parse_message(record.payload);
      if (!message) return false;
      const std::uint64_t size = message->large ? message->large->size : message->body.size();
      MessageNote noted =
          note_of(message->id, message->envelope, message->state, size, message->large.has_value());
      noted.offset = offset;
      noted.length = length;
      noted.moved_from = message->moved_from;
      messages.push_back(noted);
      id = message->id;
      break;
    }
    case format::RecordType::kChange: {
      const auto change = parse_change(record.payload);
      if (!change) return false;
      changes.push_back({change->id,
                         offset,
                         length,
                         change->home,
                         {to_ns(change->next_attempt), change->attempts, change->pending,
                          change->held, change->delay_warned}});
      id = change->id;
      break;
    }
    case format::RecordType::kRemoval: {
      const auto removal = parse_removal(record.payload);
      if (!removal) return false;
      removals.push_back({removal->id, offset, length, removal->home});
      id = removal->id;
      break;
    }
  }
  id_floor = std::max(id_floor, id);
  end = std::max(end, record.end);
  return true;
}

std::string encode(const SegmentSummary& summary) {
  std::string out;
  out.reserve(kPrefix + summary.messages.size() * kMessageOctets +
              summary.changes.size() * kChangeOctets + summary.removals.size() * kRemovalOctets +
              4);
  put_u32(out, kSummaryMagic);
  put_u32(out, kSummaryVersion);
  put_u32(out, summary.segment);
  put_u32(out, static_cast<std::uint32_t>(summary.messages.size()));
  put_u32(out, static_cast<std::uint32_t>(summary.changes.size()));
  put_u32(out, static_cast<std::uint32_t>(summary.removals.size()));
  put_u64(out, summary.end);
  put_u64(out, summary.id_floor.value());
  put_u64(out, 0);
  for (const MessageNote& note : summary.messages) {
    put_u64(out, note.id.value());
    put_u32(out, note.offset);
    put_u32(out, note.length);
    put_u64(out, static_cast<std::uint64_t>(note.arrival_ns));
    put_u64(out, note.size);
    put_schedule(out, note.schedule,
                 (note.is_large ? kLarge : 0u) | (note.has_many_recipients ? kMany : 0u));
    put_u32(out, note.moved_from);
    put_u64(out, 0);
  }
  for (const ChangeNote& note : summary.changes) {
    put_u64(out, note.id.value());
    put_u32(out, note.offset);
    put_u32(out, note.length);
    put_schedule(out, note.schedule, 0);
    put_u32(out, note.home);
    put_u64(out, 0);
  }
  for (const RemovalNote& note : summary.removals) {
    put_u64(out, note.id.value());
    put_u32(out, note.offset);
    put_u32(out, note.length);
    put_u32(out, note.home);
    put_u32(out, 0);
  }
  put_u32(out, crc32c(out));
  return out;
}

std::optional<SegmentSummary> parse_summary(std::string_view in, std::uint32_t segment) {
  if (in.size() < kPrefix + 4 || get_u32(in, 0) != kSummaryMagic ||
      get_u32(in, 4) != kSummaryVersion || get_u32(in, 8) != segment)
    return std::nullopt;
  const std::uint64_t messages = get_u32(in, 12);
  const std::uint64_t changes = get_u32(in, 16);
  const std::uint64_t removals = get_u32(in, 20);
  if (in.size() != kPrefix + messages * kMessageOctets + changes * kChangeOctets +
                       removals * kRemovalOctets + 4 ||
      crc32c(in.substr(0, in.size() - 4)) != get_u32(in, in.size() - 4))
    return std::nullopt;
  SegmentSummary out;
  out.segment = segment;
  out.end = get_u64(in, 24);
  out.id_floor = QueueId(get_u64(in, 32));
  std::size_t at = kPrefix;
  std::uint32_t flags = 0;
  out.messages.resize(messages);
  for (MessageNote& note : out.messages) {
    note.id = QueueId(get_u64(in, at));
    note.offset = get_u32(in, at + 8);
    note.length = get_u32(in, at + 12);
    note.arrival_ns = static_cast<std::int64_t>(get_u64(in, at + 16));
    note.size = get_u64(in, at + 24);
    note.schedule = get_schedule(in, at + 32, flags);
    note.is_large = (flags & kLarge) != 0;
    note.has_many_recipients = (flags & kMany) != 0;
    note.moved_from = get_u32(in, at + 52);
    at += kMessageOctets;
  }
  out.changes.resize(changes);
  for (ChangeNote& note : out.changes) {
    note.id = QueueId(get_u64(in, at));
    note.offset = get_u32(in, at + 8);
    note.length = get_u32(in, at + 12);
    note.schedule = get_schedule(in, at + 16, flags);
    note.home = get_u32(in, at + 36);
    at += kChangeOctets;
  }
  out.removals.resize(removals);
  for (RemovalNote& note : out.removals) {
    note.id = QueueId(get_u64(in, at));
    note.offset = get_u32(in, at + 8);
    note.length = get_u32(in, at + 12);
    note.home = get_u32(in, at + 16);
    at += kRemovalOctets;
  }
  return out;
}

}  // namespace postern::spool
