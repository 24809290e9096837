#include "core/spool/catalog.h"

#include <algorithm>

namespace postern::spool {

void Catalog::add_segment(std::uint32_t segment, bool sealed) {
  segments_[segment].sealed = sealed;
}

void Catalog::seal_segment(std::uint32_t segment, std::uint64_t end) {
  SegmentInfo& info = segments_[segment];
  info.sealed = true;
  info.end = end;
}

void Catalog::forget_segment(std::uint32_t segment) {
  segments_.erase(segment);
  for (auto& [number, info] : segments_)
    info.pins.erase(segment);
}

void Catalog::retain(const Place& place) {
  SegmentInfo& info = segments_[place.segment];
  ++info.live_records;
  info.live_octets += place.length;
}

void Catalog::release(const Place& place) {
  const auto it = segments_.find(place.segment);
  if (place.segment == 0 || it == segments_.end()) return;
  --it->second.live_records;
  it->second.live_octets -= place.length;
}

Catalog::Pin* Catalog::pin(std::uint32_t segment, std::uint32_t on) {
  if (on == segment || !has_segment(on)) return nullptr;
  return &segments_[segment].pins[on];
}

void Catalog::add_message(const MessageNote& note, std::uint32_t segment) {
  MessageIndex::Slot& slot = index_.insert(note.id);
  release(slot.home);
  release(slot.change);
  slot.home = {segment, note.offset, note.length};
  slot.change = {};
  slot.set(note.schedule);
  slot.is_large = note.is_large;
  slot.has_many_recipients = note.has_many_recipients;
  retain(slot.home);
  // Were this segment to go first, the old copy would come back to life.
  if (note.moved_from == 0) return;
  if (Pin* const held = pin(segment, note.moved_from)) ++held->moves;
}

void Catalog::add_change(const ChangeNote& note, std::uint32_t segment) {
  MessageIndex::Slot* slot = index_.find(note.id);
  if (slot == nullptr) return;
  release(slot->change);
  slot->change = {segment, note.offset, note.length};
  slot->set(note.schedule);
  retain(slot->change);
}

bool Catalog::add_removal(const RemovalNote& note, std::uint32_t segment) {
  if (Pin* const held = pin(segment, note.home)) {
    ++held->removals;
    held->octets += note.length;
  }
  const MessageIndex::Slot* slot = index_.find(note.id);
  if (slot == nullptr) return false;
  const bool was_large = slot->is_large != 0;
  release(slot->home);
  release(slot->change);
  index_.erase(note.id);
  return was_large;
}

void Catalog::add_all(const SegmentSummary& summary) {
  seal_segment(summary.segment, summary.end);
  // The three kinds lie mixed in the log; their order matters for records of one message.
  std::size_t m = 0, c = 0, r = 0;
  constexpr std::uint64_t kNone = ~std::uint64_t{0};
  const auto offset_of = [](const auto& notes, std::size_t i) {
    return i < notes.size() ? std::uint64_t{notes[i].offset} : kNone;
  };
  while (true) {
    const std::uint64_t message = offset_of(summary.messages, m);
    const std::uint64_t change = offset_of(summary.changes, c);
    const std::uint64_t removal = offset_of(summary.removals, r);
    const std::uint64_t next = std::min({message, change, removal});
    if (next == kNone) return;
    if (next == message)
      add_message(summary.messages[m++], summary.segment);
    else if (next == change)
      add_change(summary.changes[c++], summary.segment);
    else
      add_removal(summary.removals[r++], summary.segment);
  }
}

std::vector<std::uint32_t> Catalog::deletable() const {
  std::vector<std::uint32_t> out;
  for (const auto& [segment, info] : segments_)
    if (info.sealed && info.live_records == 0 && info.pins.empty()) out.push_back(segment);
  return out;
}

std::optional<std::uint32_t> Catalog::compaction_candidate(double dead_share) const {
  std::optional<std::uint32_t> best;
  double best_share = dead_share;
  for (const auto& [segment, info] : segments_) {
    if (!info.sealed || info.end == 0) continue;
    std::uint64_t needed = info.live_octets;
    for (const auto& [on, pin] : info.pins)
      needed += pin.octets;
    if (needed == 0) continue;  // goes by itself, now or when what it pins is gone
    const double share = 1.0 - static_cast<double>(needed) / static_cast<double>(info.end);
    if (share > best_share) {
      best = segment;
      best_share = share;
    }
  }
  return best;
}

bool Catalog::removal_needed(std::uint32_t segment, std::uint32_t home) const {
  const auto it = segments_.find(segment);
  return it != segments_.end() && it->second.pins.contains(home);
}

void Catalog::release_removals(std::uint32_t segment) {
  const auto it = segments_.find(segment);
  if (it == segments_.end()) return;
  for (auto& [on, held] : it->second.pins) {
    held.removals = 0;
    held.octets = 0;
  }
  std::erase_if(it->second.pins, [](const auto& entry) { return entry.second.moves == 0; });
}

std::uint64_t Catalog::live_octets() const {
  std::uint64_t octets = 0;
  for (const auto& [segment, info] : segments_)
    octets += info.live_octets;
  return octets;
}

}  // namespace postern::spool
