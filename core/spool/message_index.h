// MessageIndex: where each live message lies, in at most 64 octets of memory a message: a slab of
// slots and an open-addressing table of slot numbers.  Not thread-safe: the store locks.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "core/spool/segment_summary.h"

namespace postern::spool {

class MessageIndex {
 public:
  struct Slot {
    QueueId id;  // none: the slot is free
    std::int64_t next_attempt_ns = 0;
    Place home;
    Place change;  // the last change record; segment 0: none
    std::uint32_t attempts = 0;
    std::uint32_t pending : 28 = 0;
    std::uint32_t held : 1 = 0;
    std::uint32_t delay_warned : 1 = 0;
    std::uint32_t is_large : 1 = 0;
    std::uint32_t has_many_recipients : 1 = 0;

    void set(const Schedule& schedule);
    Schedule schedule() const;
  };
  static_assert(sizeof(Slot) == 48);

  // nullptr: not there.  The pointer is valid until the next insert or erase.
  Slot* find(QueueId id);
  const Slot* find(QueueId id) const { return const_cast<MessageIndex*>(this)->find(id); }
  // The slot of `id`, made where missing.
  Slot& insert(QueueId id);
  void erase(QueueId id);
  std::size_t size() const { return size_; }
  void reserve(std::size_t messages);
  // Memory it holds, octets.
  std::size_t footprint() const;

  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const Chunk& chunk : chunks_)
      for (const Slot& slot : chunk)
        if (slot.id) visit(slot);
  }

 private:
  static constexpr std::size_t kChunk = 4096;
  static constexpr std::uint32_t kEmpty = 0xffffffff;
  using Chunk = std::vector<Slot>;

  Slot& at(std::uint32_t slot) { return chunks_[slot / kChunk][slot % kChunk]; }
  std::size_t bucket_of(QueueId id) const;
  void grow();

  std::deque<Chunk> chunks_;
  std::vector<std::uint32_t> buckets_;  // slot numbers; a power of two of them
  std::vector<std::uint32_t> free_;
  std::uint32_t used_ = 0;  // slots ever used
  std::size_t size_ = 0;
};

}  // namespace postern::spool
