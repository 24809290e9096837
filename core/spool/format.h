// The numbers of the spool's files; FORMAT.md is the page that explains them.  Everything is
// little-endian.  Stored values are append-only: a number once given is never used for anything
// else.  Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace postern::spool::format {

constexpr std::uint32_t kRecordMagic = 0x31525350;  // "PSR1"
constexpr std::uint32_t kEndMark = 0x2e646e65;      // "end."
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kHeaderSize = 32;
constexpr std::size_t kTrailerSize = 8;
constexpr std::size_t kAlignment = 8;
// No record is longer; a length above it is damage.
constexpr std::uint32_t kMaxPayload = 1u << 30;
// No large file is longer.
constexpr std::uint64_t kMaxLarge = 1ull << 40;
// Segment positions are 32 bits wide.
constexpr std::uint64_t kMaxSegmentSize = 0xfff00000;

// Values are stored; append only.
enum class RecordType : std::uint8_t {
  kSegmentHeader = 1,  // first record of each segment
  kMessage = 2,        // envelope, state, content or the name of its file
  kChange = 3,         // what changed since the message record; replaces earlier changes
  kRemoval = 4,        // the message is gone
};

// Values are stored; append only.
enum class Field : std::uint8_t {
  kQueueId = 1,
  kCreated = 2,
  kIdFloor = 3,
  kSegment = 4,
  kHomeSegment = 5,     // change, removal: the segment that holds the message record
  kMovedFrom = 6,       // message: the segment the compactor copied it from
  kLargeSize = 7,       // message: content is in large/<queue id>; octets
  kLargeChecksums = 8,  // CRC32C of each 64 KiB block
  kReversePath = 16,    // local part and domain; absent: null reverse-path
  kRecipient = 17,      // nested; in order
  kBody = 18,
  kSmtpUtf8 = 19,
  kRet = 20,
  kEnvid = 21,
  kOrigin = 22,
  kClient = 23,  // nested
  kArrival = 24,
  kListener = 25,
  kAttempts = 32,
  kNextAttempt = 33,
  kHeld = 34,
  kDelayWarned = 35,
  kProgress = 36,  // nested; one recipient that is not as new
  kPending = 37,   // recipients still to be tried
  kRecipientCount = 38,
  kPreviousSegment = 39,  // segment header: the segment written before this one, in the same run
  kPreviousEnd = 40,      // where that one ends: synced before, never acknowledged behind
};

// Inside Field::kReversePath and RecipientField::kForwardPath.  Append only.
enum class MailboxField : std::uint8_t { kLocalPart = 1, kDomain = 2 };
// Inside Field::kRecipient.  Append only.
enum class RecipientField : std::uint8_t {
  kForwardPath = 1,
  kOriginal = 2,
  kOrcpt = 3,
  kNotify = 4,
};
// Inside Field::kClient.  Append only.
enum class ClientField : std::uint8_t {
  kName = 1,
  kReverseName = 2,
  kAddress = 3,
  kPort = 4,
  kHelo = 5,
  kProtocol = 6,
  kTls = 7,
  kSaslMethod = 8,
  kSaslUsername = 9,
};
// Inside Field::kProgress.  Append only.
enum class ProgressField : std::uint8_t {
  kIndex = 1,
  kState = 2,
  kDiagnostic = 3,
  kStatus = 4,
  kRemoteMta = 5,
};

struct Header {
  RecordType type{};
  std::uint32_t length = 0;       // of the payload
  std::uint32_t payload_crc = 0;  // CRC32C
  std::uint32_t segment = 0;      // where the record believes to be: stale blocks give themselves
  std::uint32_t offset = 0;       // away
  std::uint32_t synced = 0;       // everything before this offset was synced when it was written
};

constexpr std::uint64_t padded(std::uint64_t size) {
  return (size + kAlignment - 1) / kAlignment * kAlignment;
}
// Octets of a whole record.
constexpr std::uint64_t record_size(std::uint64_t payload) {
  return kHeaderSize + padded(payload) + kTrailerSize;
}

}  // namespace postern::spool::format
