#include "core/queue/index.h"

#include <algorithm>

#include "core/base/check.h"

namespace postern::queue {

static_assert(sizeof(IndexedMessage) <= 40, "the index promises 64 octets a message in all");

Index::Index() : table_(1024, kNoSlot) {}

std::size_t Index::bucket_of(QueueId id) const {
  // std::hash multiplies; its good bits are the upper ones.
  return (std::hash<QueueId>{}(id) >> 24) & (table_.size() - 1);
}

Index::Slot Index::find(QueueId id) const {
  for (std::size_t i = bucket_of(id);; i = (i + 1) & (table_.size() - 1)) {
    if (table_[i] == kNoSlot) return kNoSlot;
    if (at(table_[i]).id == id) return table_[i];
  }
}

void Index::grow_table() {
  table_.assign(table_.size() * 2, kNoSlot);
  for (Slot slot = 0; slot < slot_end_; ++slot) {
    if (at(slot).state == MessageState::kFree) continue;
    std::size_t i = bucket_of(at(slot).id);
    while (table_[i] != kNoSlot)
      i = (i + 1) & (table_.size() - 1);
    table_[i] = slot;
  }
}

Index::Slot Index::insert(QueueId id) {
  if (find(id) != kNoSlot) return kNoSlot;
  if ((size_ + 1) * 4 > table_.size() * 3) grow_table();
  Slot slot;
  if (!free_.empty()) {
    slot = free_.back();
    free_.pop_back();
  } else {
    slot = slot_end_++;
    if (slot / kChunk == chunks_.size())
      chunks_.push_back(std::make_unique<IndexedMessage[]>(kChunk));
  }
  IndexedMessage& message = at(slot);
  message = IndexedMessage{};
  message.id = id;
  message.position = IndexedMessage::kNoPosition;
  message.state = MessageState::kHeld;
  ++held_;
  ++size_;
  std::size_t i = bucket_of(id);
  while (table_[i] != kNoSlot)
    i = (i + 1) & (table_.size() - 1);
  table_[i] = slot;
  return slot;
}

void Index::erase(Slot slot) {
  POSTERN_CHECK(at(slot).state != MessageState::kFree);
  if (at(slot).position != IndexedMessage::kNoPosition) heap_remove(at(slot).position);
  const std::size_t mask = table_.size() - 1;
  std::size_t hole = bucket_of(at(slot).id);
  while (table_[hole] != slot)
    hole = (hole + 1) & mask;
  // Close the gap: an entry moves back unless its home bucket lies after the hole.
  for (std::size_t i = (hole + 1) & mask; table_[i] != kNoSlot; i = (i + 1) & mask) {
    const std::size_t home = bucket_of(at(table_[i]).id);
    if (((i - home) & mask) < ((i - hole) & mask)) continue;
    table_[hole] = table_[i];
    hole = i;
  }
  table_[hole] = kNoSlot;
  set_state(at(slot), MessageState::kFree);
  at(slot).id = QueueId{};
  free_.push_back(slot);
  --size_;
}

void Index::set_state(IndexedMessage& message, MessageState state) {
  if (message.state == MessageState::kHeld) --held_;
  if (message.state == MessageState::kActive) --active_;
  if (state == MessageState::kHeld) ++held_;
  if (state == MessageState::kActive) ++active_;
  message.state = state;
}

void Index::wait_until(Slot slot, WallTime due) {
  IndexedMessage& message = at(slot);
  message.due_ms = to_ms(due);
  set_state(message, MessageState::kWaiting);
  if (message.position == IndexedMessage::kNoPosition) {
    heap_.push_back(slot);
    message.position = static_cast<std::uint32_t>(heap_.size() - 1);
  }
  sift_up(message.position);
  sift_down(message.position);
}

void Index::take_out(Slot slot, MessageState state) {
  if (at(slot).position != IndexedMessage::kNoPosition) heap_remove(at(slot).position);
  set_state(at(slot), state);
}

std::size_t Index::count(MessageState state) const {
  switch (state) {
    case MessageState::kWaiting: return heap_.size();
    case MessageState::kHeld: return held_;
    case MessageState::kActive: return active_;
    case MessageState::kFree: return free_.size();
  }
  return 0;
}

std::size_t Index::memory_bytes() const {
  return chunks_.size() * kChunk * sizeof(IndexedMessage) + chunks_.capacity() * sizeof(void*) +
         (free_.capacity() + table_.capacity() + heap_.capacity()) * sizeof(Slot);
}

bool Index::is_before(Slot a, Slot b) const {
  const IndexedMessage& x = at(a);
  const IndexedMessage& y = at(b);
  return x.due_ms != y.due_ms ? x.due_ms < y.due_ms : x.id < y.id;
}

void Index::place(std::uint32_t position, Slot slot) {
  heap_[position] = slot;
  at(slot).position = position;
}

void Index::sift_up(std::uint32_t position) {
  const Slot slot = heap_[position];
  while (position > 0) {
    const auto parent = static_cast<std::uint32_t>((position - 1) / kArity);
    if (!is_before(slot, heap_[parent])) break;
    place(position, heap_[parent]);
    position = parent;
  }
  place(position, slot);
}

void Index::sift_down(std::uint32_t position) {
  const Slot slot = heap_[position];
  for (;;) {
    const std::size_t first = position * kArity + 1;
    if (first >= heap_.size()) break;
    std::size_t best = first;
    for (std::size_t i = first + 1; i < std::min(first + kArity, heap_.size()); ++i)
      if (is_before(heap_[i], heap_[best])) best = i;
    if (!is_before(heap_[best], slot)) break;
    place(position, heap_[best]);
    position = static_cast<std::uint32_t>(best);
  }
  place(position, slot);
}

void Index::heap_remove(std::uint32_t position) {
  at(heap_[position]).position = IndexedMessage::kNoPosition;
  const Slot last = heap_.back();
  heap_.pop_back();
  if (position == heap_.size()) return;
  place(position, last);
  sift_up(position);
  sift_down(at(last).position);
}

}  // namespace postern::queue
