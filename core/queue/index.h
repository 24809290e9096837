// Index of all queued messages: 64 octets or less for each, so that a million fit.  Finds by id,
// gives waiting messages in due order, walks all of them piecewise.  Envelopes and contents are not
// here: they are on disk, or in the active window (active_message.h).
// Used on the queue's thread only.  Every operation but walking is O(log n) or better.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/queue_id.h"
#include "core/base/units.h"

namespace postern::queue {

enum class MessageState : std::uint8_t {
  kFree,     // the slot is not in use
  kWaiting,  // has a due time
  kActive,   // in the active window, or its last record is being written
  kHeld,     // by an operator, or set aside; no clock runs
};

struct IndexedMessage {
  QueueId id;
  std::int64_t due_ms = 0;      // queue time
  std::int64_t arrival_ms = 0;  // queue time
  std::uint32_t size = 0;       // octets of content, at most 4 GiB - 1
  std::uint32_t pending = 0;    // recipients not done
  std::uint32_t position = 0;   // in the heap; kNoPosition unless kWaiting
  std::uint16_t attempts = 0;
  MessageState state : 4 = MessageState::kFree;
  std::uint8_t is_flushed : 4 = 0;  // an operator wants it tried whatever defer_transports says
  std::uint8_t is_delay_warned : 1 = 0;
  std::uint8_t is_null_sender : 1 = 0;  // known after the first read in this run
  std::uint8_t is_expiring : 1 = 0;     // to be returned without another attempt
  std::uint8_t is_swept : 1 = 0;        // the sweeper has already asked for a last attempt
  std::uint8_t is_parked : 1 = 0;       // waits for room in its lane; may be called early
  std::uint8_t faults : 3 = 0;          // attempts that ended without a result

  static constexpr std::uint32_t kNoPosition = ~0u;
};

class Index {
 public:
  using Slot = std::uint32_t;
  static constexpr Slot kNoSlot = ~0u;

  Index();

  // kNoSlot if the id is there already.  The new message is kHeld (no due time) until told.
  Slot insert(QueueId id);
  Slot find(QueueId id) const;
  void erase(Slot slot);

  IndexedMessage& at(Slot slot) { return chunks_[slot / kChunk][slot % kChunk]; }
  const IndexedMessage& at(Slot slot) const { return chunks_[slot / kChunk][slot % kChunk]; }

  // kWaiting with this due time, whatever it was before.
  void wait_until(Slot slot, WallTime due);
  // kActive or kHeld; leaves the due order.
  void take_out(Slot slot, MessageState state);
  // The waiting message that is due first, or kNoSlot.
  Slot first_due() const { return heap_.empty() ? kNoSlot : heap_.front(); }

  std::size_t size() const { return size_; }
  std::size_t waiting() const { return heap_.size(); }
  std::size_t count(MessageState state) const;
  // One past the largest slot ever in use; walkers go through slots 0..slot_end(), skipping kFree.
  Slot slot_end() const { return slot_end_; }
  // Octets of memory held, all parts.
  std::size_t memory_bytes() const;

 private:
  static constexpr std::size_t kChunk = 4096;
  static constexpr std::size_t kArity = 4;  // of the heap: half the cache misses of a binary one

  void grow_table();
  std::size_t bucket_of(QueueId id) const;
  bool is_before(Slot a, Slot b) const;
  void place(std::uint32_t position, Slot slot);
  void sift_up(std::uint32_t position);
  void sift_down(std::uint32_t position);
  void heap_remove(std::uint32_t position);
  void set_state(IndexedMessage& message, MessageState state);

  std::vector<std::unique_ptr<IndexedMessage[]>> chunks_;  // addresses stay while it grows
  std::vector<Slot> free_;
  std::vector<Slot> table_;  // open addressing, a power of two, at most 3/4 full
  std::vector<Slot> heap_;
  std::size_t size_ = 0;
  std::size_t held_ = 0;
  std::size_t active_ = 0;
  Slot slot_end_ = 0;
};

inline std::int64_t to_ms(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}
inline WallTime from_ms(std::int64_t ms) { return WallTime(std::chrono::milliseconds(ms)); }

}  // namespace postern::queue
