// Records: the frame around a payload, written and read.  Frame: 32-octet header guarded by a CRC
// of its own, payload padded to 8 octets, end mark.  See FORMAT.md.  Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/spool/format.h"

namespace postern::spool {

// The 32 octets before a payload.
std::array<char, format::kHeaderSize> encode_header(const format::Header& header);
// Padding, then the end mark; 8 to 15 octets.
std::string encode_trailer(std::uint32_t payload_length);
// nullopt: not a header (magic, version, CRC, type or length).
std::optional<format::Header> parse_header(std::string_view octets);

// Views into the segment that is read.
struct Record {
  format::Header header;
  std::string_view payload;
  std::uint64_t end = 0;  // offset behind it
};

// The record at `offset` of segment `segment`, wholly validated; kCorrupt says what is wrong.
// `octets` begin at offset `base` of the segment.
Result<Record> read_record(std::string_view octets, std::uint32_t segment, std::uint64_t offset,
                           std::uint64_t base = 0);

enum class DamageKind {
  kTornTail,  // behind the last sync: never acknowledged
  kCorrupt,   // had been synced: lost to the disk or to a hand
};

// Octets that no valid record covers.
struct Damage {
  DamageKind kind;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::string reason;
};

// Told of everything in a segment: records in order of offsets, damage in order of offsets but
// only once it is known to be torn or corrupt.
struct ScanVisitor {
  std::function<void(const Record&)> record;
  std::function<void(const Damage&)> damage;
};

// Scans a whole segment.  Returns the offset behind the last valid record.  Zeros behind it are the
// preallocated rest, not damage.  `synced_end`, where the segment after this one tells it: all
// before it was synced, so damage there is corruption; nothing behind it counts.
std::uint64_t scan_segment(std::string_view octets, std::uint32_t segment,
                           const ScanVisitor& visitor,
                           std::optional<std::uint64_t> synced_end = std::nullopt);

}  // namespace postern::spool
