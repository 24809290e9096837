// What the spool knows of a message beside its envelope and content: how far each recipient is,
// when the next attempt is due, whether it is held.  Changes are appended records, never edits.
// Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/queue_id.h"
#include "core/mail/content.h"
#include "core/mail/envelope.h"

namespace postern::spool {

// Values are stored; append only.
enum class RecipientState : std::uint8_t {
  kPending = 0,    // still to be tried
  kDelivered = 1,  // the next hop or mailbox has it
  kFailed = 2,     // permanent failure, a DSN is in the queue where one is due
  kExpanded = 3,   // replaced by other recipients, in this or a new message
  kDeleted = 4,    // an operator removed it
};

// What the last attempt said of one recipient.
struct RecipientProgress {
  RecipientState state = RecipientState::kPending;
  std::string diagnostic;  // "host mx[192.0.2.1] said: 450 4.2.0 ...", one line; "" before any try
  std::string status;      // "4.2.0"; "" before any try
  std::string remote_mta;  // "mx.example[192.0.2.1]:25" or ""

  bool operator==(const RecipientProgress&) const = default;
};

struct MessageState {
  std::vector<RecipientProgress> recipients;  // same order as Envelope::recipients
  std::uint32_t attempts = 0;
  WallTime next_attempt{};
  bool held = false;
  bool delay_warned = false;  // the sender has had its delay DSN

  bool operator==(const MessageState&) const = default;
};

// One appended record about a message that is in the spool.
struct Change {
  struct Outcome {
    std::uint32_t recipient;  // index into Envelope::recipients
    RecipientProgress progress;
  };
  QueueId id;
  std::vector<Outcome> outcomes;  // may be empty
  // Each is applied where it is set.
  std::optional<std::uint32_t> attempts;
  std::optional<WallTime> next_attempt;
  std::optional<bool> held;
  std::optional<bool> delay_warned;
  bool removed = false;  // last record of this message: all recipients done, or deleted
};

// What the queue needs to schedule a message; kept small, one exists for each queued message.
struct IndexEntry {
  QueueId id;
  WallTime arrival;
  WallTime next_attempt;
  std::uint64_t size = 0;     // octets of content
  std::uint32_t pending = 0;  // recipients in kPending
  std::uint32_t attempts = 0;
  bool held = false;
  bool delay_warned = false;
};

struct StoredMessage {
  QueueId id;
  mail::Envelope envelope;
  MessageState state;
  mail::ContentPtr content;
};

}  // namespace postern::spool
