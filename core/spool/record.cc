#include "core/spool/record.h"

#include <algorithm>

#include "core/base/crc32c.h"
#include "core/spool/fields.h"

namespace postern::spool {
namespace {

using namespace format;

std::unexpected<Error> damaged(std::string_view what, std::uint64_t offset) {
  return fail(ErrorKind::kCorrupt, "{} at offset {}", what, offset);
}

bool is_known(std::uint8_t type) {
  return type >= static_cast<std::uint8_t>(RecordType::kSegmentHeader) &&
         type <= static_cast<std::uint8_t>(RecordType::kRemoval);
}

// The end of the record that the valid header at `offset` announces, where its end mark is in
// place too; 0: not so.
std::uint64_t framed_end(std::string_view octets, std::uint32_t segment, std::uint64_t offset) {
  const auto header = parse_header(octets.substr(offset));
  if (!header || header->segment != segment || header->offset != offset) return 0;
  const std::uint64_t end = offset + record_size(header->length);
  if (end > octets.size()) return 0;
  const std::string_view trailer = octets.substr(end - kTrailerSize, kTrailerSize);
  return get_u32(trailer, 0) == header->length && get_u32(trailer, 4) == kEndMark ? end : 0;
}

}  // namespace

std::array<char, kHeaderSize> encode_header(const Header& header) {
  std::string out;
  out.reserve(kHeaderSize);
  put_u32(out, kRecordMagic);
  out.push_back(static_cast<char>(kVersion));
  out.push_back(static_cast<char>(header.type));
  out.append(2, '\0');
  put_u32(out, header.length);
  put_u32(out, header.payload_crc);
  put_u32(out, header.segment);
  put_u32(out, header.offset);
  put_u32(out, header.synced);
  put_u32(out, crc32c(out));
  std::array<char, kHeaderSize> octets;
  std::ranges::copy(out, octets.begin());
  return octets;
}

std::string encode_trailer(std::uint32_t payload_length) {
  std::string out(padded(payload_length) - payload_length, '\0');
  put_u32(out, payload_length);
  put_u32(out, kEndMark);
  return out;
}

std::optional<Header> parse_header(std::string_view octets) {
  if (octets.size() < kHeaderSize || get_u32(octets, 0) != kRecordMagic) return std::nullopt;
  if (crc32c(octets.substr(0, kHeaderSize - 4)) != get_u32(octets, kHeaderSize - 4))
    return std::nullopt;
  const auto type = static_cast<std::uint8_t>(octets[5]);
  if (static_cast<std::uint8_t>(octets[4]) != kVersion || !is_known(type)) return std::nullopt;
  Header header{.type = static_cast<RecordType>(type),
                .length = get_u32(octets, 8),
                .payload_crc = get_u32(octets, 12),
                .segment = get_u32(octets, 16),
                .offset = get_u32(octets, 20),
                .synced = get_u32(octets, 24)};
  if (header.length > kMaxPayload) return std::nullopt;
  return header;
}

Result<Record> read_record(std::string_view octets, std::uint32_t segment, std::uint64_t offset,
                           std::uint64_t base) {
  if (offset < base || offset - base > octets.size()) return damaged("record ends early", offset);
  const std::string_view rest = octets.substr(offset - base);
  const auto header = parse_header(rest);
  if (!header) return damaged("no record header", offset);
  if (header->segment != segment || header->offset != offset)
    return damaged("record of another place", offset);
  const std::uint64_t size = record_size(header->length);
  if (size > rest.size()) return damaged("record ends early", offset);
  const std::string_view trailer = rest.substr(size - kTrailerSize, kTrailerSize);
  if (get_u32(trailer, 0) != header->length || get_u32(trailer, 4) != kEndMark)
    return damaged("no end mark", offset);
  const std::string_view payload = rest.substr(kHeaderSize, header->length);
  if (crc32c(payload) != header->payload_crc) return damaged("checksum differs", offset);
  return Record{*header, payload, offset + size};
}

std::uint64_t scan_segment(std::string_view octets, std::uint32_t segment,
                           const ScanVisitor& visitor, std::optional<std::uint64_t> synced_end) {
  if (synced_end) octets = octets.substr(0, *synced_end);
  std::vector<Damage> open;  // found, but not yet known whether torn or corrupt
  std::uint64_t valid_end = 0;
  const auto settle = [&](std::uint64_t synced) {
    for (Damage& damage : open) {
      if (damage.offset < synced) damage.kind = DamageKind::kCorrupt;
      visitor.damage(damage);
    }
    open.clear();
  };
  std::uint64_t offset = 0;
  while (offset + kHeaderSize <= octets.size()) {
    auto record = read_record(octets, segment, offset);
    if (record) {
      if (!open.empty() && open.front().offset < record->header.synced)
        settle(record->header.synced);
      visitor.record(*record);
      valid_end = offset = record->end;
      continue;
    }
    // A frame that is whole around a damaged payload is skipped as one: mail data inside it is
    // never taken for records.  Otherwise look for the next record that knows its own place; a
    // length that does not validate must not be trusted to skip.
    const std::uint64_t framed = framed_end(octets, segment, offset);
    std::uint64_t next = framed != 0 ? framed : offset + kAlignment;
    while (framed == 0 && next + kHeaderSize <= octets.size()) {
      if (get_u32(octets, next) == kRecordMagic && read_record(octets, segment, next)) break;
      next += kAlignment;
    }
    const bool at_end = framed == 0 && next + kHeaderSize > octets.size();
    const std::uint64_t end = at_end ? octets.size() : next;
    const std::string_view gap = octets.substr(offset, end - offset);
    const auto last = gap.find_last_not_of('\0');
    if (last != std::string_view::npos || !at_end || synced_end)
      open.push_back({DamageKind::kTornTail, offset, at_end && !synced_end ? last + 1 : gap.size(),
                      record.error().context});
    offset = end;
  }
  if (synced_end && offset < *synced_end)
    open.push_back({DamageKind::kTornTail, offset,
                    octets.size() - std::min<std::uint64_t>(offset, octets.size()),
                    "segment ends early"});
  settle(synced_end.value_or(0));
  return valid_end;
}

}  // namespace postern::spool
