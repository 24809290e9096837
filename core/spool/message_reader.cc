#include "core/spool/message_reader.h"

#include <cerrno>

#include "core/base/log.h"
#include "core/spool/large_content.h"
#include "core/spool/record.h"

namespace postern::spool {

Result<std::string> MessageReader::record_at(const Place& place) const {
  auto octets = files_.read_range(files_.segment(place.segment), place.offset, place.length);
  if (!octets) return octets;
  const auto record = read_record(*octets, place.segment, place.offset, place.offset);
  if (!record)
    return fail(ErrorKind::kCorrupt, "{}: {}", files_.segment(place.segment),
                record.error().context);
  octets->erase(format::kHeaderSize + record->payload.size());
  octets->erase(0, format::kHeaderSize);
  return octets;
}

Result<RawMessage> MessageReader::raw(const Place& home, const Place& change) const {
  auto octets = record_at(home);
  if (!octets) return std::unexpected(octets.error());
  RawMessage out{std::move(*octets), {}};
  auto payload = parse_message(out.octets);
  if (!payload) return std::unexpected(payload.error());
  out.payload = std::move(*payload);
  if (change.segment == 0) return out;
  const auto changed = record_at(change);
  const auto parsed =
      changed ? parse_change(*changed) : Result<ChangePayload>(std::unexpected(changed.error()));
  if (parsed) {
    apply(*parsed, out.payload.state);
  } else if (parsed.error().kind == ErrorKind::kCorrupt) {
    // Trying a recipient twice is better than losing the message.
    log::error("spool", "{}: results of earlier attempts are damaged: {}",
               out.payload.id.to_string(), parsed.error().describe());
  } else {
    return std::unexpected(parsed.error());
  }
  return out;
}

Result<StoredMessage> MessageReader::message(const Place& home, const Place& change) const {
  auto raw_message = raw(home, change);
  if (!raw_message) return std::unexpected(raw_message.error());
  MessagePayload& payload = raw_message->payload;
  StoredMessage out{payload.id, std::move(payload.envelope), std::move(payload.state), nullptr};
  if (payload.large) {
    FileInfo info;
    const std::string path = files_.large(out.id);
    if (files_.fs().info(path, info) != 0 && errno != ENOENT) return fail_errno("spool: " + path);
    if (info.size != payload.large->size)
      return fail(ErrorKind::kCorrupt, "spool: {}: its content {} is missing or cut short",
                  out.id.to_string(), path);
    auto content = std::make_shared<LargeContent>(files_, out.id, *payload.large, File());
    content->keep();
    out.content = std::move(content);
  } else {
    std::string octets = std::move(raw_message->octets);
    // The body is the tail of the payload.
    octets.erase(0, octets.size() - payload.body.size());
    out.content = std::make_shared<mail::MemoryContent>(std::move(octets));
  }
  return out;
}

}  // namespace postern::spool
