#include "core/spool/spool_view.h"

#include <algorithm>

namespace postern::spool {

Result<SpoolView> SpoolView::open(FileSystem& fs, const std::string& directory) {
  SpoolView view(SpoolFiles(fs, directory));
  const auto segments = view.files_.segments();
  if (!segments) return std::unexpected(segments.error());
  for (const std::uint32_t segment : *segments)
    view.catalog_.add_segment(segment, false);
  for (const std::uint32_t segment : *segments)
    view.add_segment(segment);
  return view;
}

void SpoolView::add_segment(std::uint32_t segment) {
  const auto note_damage = [&](const Damage& damage, std::string_view) {
    damaged_.push_back({segment, damage.offset, damage.length, damage.kind == DamageKind::kTornTail,
                        damage.reason});
  };
  const auto summary = scanner_.survey(segment, note_damage);
  if (summary)
    catalog_.add_all(*summary);
  else if (summary.error().kind != ErrorKind::kNotFound)
    // Otherwise gone since the directory was read: its messages are all gone, or further on.
    damaged_.push_back({segment, 0, 0, false, summary.error().describe()});
}

std::vector<QueueId> SpoolView::ids() const {
  std::vector<QueueId> out;
  out.reserve(size());
  catalog_.index().for_each([&out](const MessageIndex::Slot& slot) { out.push_back(slot.id); });
  std::ranges::sort(out);
  return out;
}

Result<StoredMessage> SpoolView::read(QueueId id) const {
  const MessageIndex::Slot* slot = catalog_.index().find(id);
  if (slot == nullptr) return fail(ErrorKind::kNotFound, "spool: no message {}", id.to_string());
  auto message = reader_.message(slot->home, slot->change);
  if (message && message->id != id)
    return fail(ErrorKind::kCorrupt, "spool: {}: record of another message", id.to_string());
  return message;
}

void SpoolView::for_each(const std::function<bool(const StoredMessage&)>& visit,
                         const std::function<void(QueueId, const Error&)>& failed) const {
  for (const QueueId id : ids()) {
    const auto message = read(id);
    if (message) {
      if (!visit(*message)) return;
    } else if (failed && message.error().kind != ErrorKind::kNotFound) {
      failed(id, message.error());
    }
  }
}

Result<StoredMessage> salvage(std::string_view octets) {
  if (octets.size() <= format::kHeaderSize)
    return fail(ErrorKind::kCorrupt, "too short for a record");
  const auto header = parse_header(octets.substr(0, format::kHeaderSize));
  // A damaged header still leaves the payload where it was.
  if (header && header->type != format::RecordType::kMessage)
    return fail(ErrorKind::kCorrupt, "a record, but not a message");
  std::string_view payload = octets.substr(format::kHeaderSize);
  if (header) payload = payload.substr(0, header->length);
  auto parsed = parse_message(payload);
  if (!parsed) return std::unexpected(parsed.error());
  if (parsed->large)
    return fail(ErrorKind::kCorrupt, "{}: its mail data is in a file of its own, large/{}",
                parsed->id.to_string(), parsed->id.to_string());
  return StoredMessage{parsed->id, std::move(parsed->envelope), std::move(parsed->state),
                       std::make_shared<mail::MemoryContent>(std::string(parsed->body))};
}

}  // namespace postern::spool
