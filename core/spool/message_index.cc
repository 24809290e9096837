#include "core/spool/message_index.h"

#include <bit>

namespace postern::spool {

void MessageIndex::Slot::set(const Schedule& schedule) {
  next_attempt_ns = schedule.next_attempt_ns;
  attempts = schedule.attempts;
  pending = schedule.pending & 0x0fffffffu;
  held = schedule.held;
  delay_warned = schedule.delay_warned;
}

Schedule MessageIndex::Slot::schedule() const {
  return {.next_attempt_ns = next_attempt_ns,
          .attempts = attempts,
          .pending = pending,
          .held = held != 0,
          .delay_warned = delay_warned != 0};
}

std::size_t MessageIndex::bucket_of(QueueId id) const {
  // The high bits of the product are the mixed ones.
  const auto hash = std::hash<QueueId>{}(id);
  return hash >> (64 - std::countr_zero(buckets_.size()));
}

MessageIndex::Slot* MessageIndex::find(QueueId id) {
  if (buckets_.empty()) return nullptr;
  const std::size_t mask = buckets_.size() - 1;
  for (std::size_t b = bucket_of(id); buckets_[b] != kEmpty; b = (b + 1) & mask)
    if (at(buckets_[b]).id == id) return &at(buckets_[b]);
  return nullptr;
}

void MessageIndex::grow() {
  const std::size_t wanted = buckets_.empty() ? 1024 : buckets_.size() * 2;
  buckets_.assign(wanted, kEmpty);
  for (std::uint32_t slot = 0; slot < used_; ++slot) {
    if (!at(slot).id) continue;
    std::size_t b = bucket_of(at(slot).id);
    while (buckets_[b] != kEmpty)
      b = (b + 1) & (wanted - 1);
    buckets_[b] = slot;
  }
}

void MessageIndex::reserve(std::size_t messages) {
  while (buckets_.size() * 4 < messages * 5)
    grow();
}

MessageIndex::Slot& MessageIndex::insert(QueueId id) {
  if (Slot* found = find(id)) return *found;
  // Full to four fifths at most, so that a probe stays short.
  if ((size_ + 1) * 5 > buckets_.size() * 4) grow();
  std::uint32_t slot;
  if (!free_.empty()) {
    slot = free_.back();
    free_.pop_back();
  } else {
    slot = used_++;
    if (slot / kChunk == chunks_.size()) chunks_.emplace_back(kChunk);
  }
  std::size_t b = bucket_of(id);
  while (buckets_[b] != kEmpty)
    b = (b + 1) & (buckets_.size() - 1);
  buckets_[b] = slot;
  ++size_;
  at(slot) = Slot{};
  at(slot).id = id;
  return at(slot);
}

void MessageIndex::erase(QueueId id) {
  if (buckets_.empty()) return;
  const std::size_t mask = buckets_.size() - 1;
  std::size_t hole = bucket_of(id);
  while (true) {
    if (buckets_[hole] == kEmpty) return;
    if (at(buckets_[hole]).id == id) break;
    hole = (hole + 1) & mask;
  }
  at(buckets_[hole]).id = QueueId{};
  free_.push_back(buckets_[hole]);
  --size_;
  // Close the gap: whatever was pushed past it moves back, so that no marks of the dead remain.
  for (std::size_t b = (hole + 1) & mask; buckets_[b] != kEmpty; b = (b + 1) & mask) {
    const std::size_t home = bucket_of(at(buckets_[b]).id);
    if (((b - home) & mask) >= ((b - hole) & mask)) {
      buckets_[hole] = buckets_[b];
      hole = b;
    }
  }
  buckets_[hole] = kEmpty;
}

std::size_t MessageIndex::footprint() const {
  return chunks_.size() * kChunk * sizeof(Slot) + buckets_.capacity() * sizeof(std::uint32_t) +
         free_.capacity() * sizeof(std::uint32_t);
}

}  // namespace postern::spool
