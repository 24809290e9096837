#include "core/engine/own_message.h"

#include "core/base/log.h"
#include "core/mime/date.h"
#include "core/mime/header_section.h"

namespace postern::engine {
namespace {
constexpr std::size_t kPiece = 256 * 1024;
}

std::string received_by_engine(QueueId id, WallTime now, const mime::TraceOptions& trace) {
  return fmt::format("Received: by {} ({})\r\n\tid {}; {}\r\n", trace.hostname, trace.mail_name,
                     id.to_string(), mime::format_local_date(now));
}

Result<mail::ContentPtr> store_octets(spool::Store& store, QueueId id, std::string_view prologue,
                                      std::string_view octets) {
  const auto writer = store.new_content(id);
  for (const std::string_view each : {prologue, octets})
    if (auto done = writer->append(each); !done) return std::unexpected(done.error());
  return writer->finish();
}

Result<mail::ContentPtr> store_copy(spool::Store& store, QueueId id, std::string_view prologue,
                                    const mail::Content& content) {
  if (const auto octets = content.in_memory(); !octets.empty())
    return store_octets(store, id, prologue, octets);
  const auto writer = store.new_content(id);
  if (auto done = writer->append(prologue); !done) return std::unexpected(done.error());
  std::string piece(kPiece, '\0');
  for (std::uint64_t offset = 0;;) {
    const auto count = content.read_at(offset, piece);
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return writer->finish();
    if (auto done = writer->append({piece.data(), *count}); !done)
      return std::unexpected(done.error());
    offset += *count;
  }
}

void log_message_id(QueueId id, std::string_view head) {
  const auto section = mime::HeaderSection::parse(head);
  const mime::HeaderField* field = section.find("Message-ID");
  log::info("cleanup", "{}: message-id={}", id.to_string(),
            field == nullptr ? "<>" : mime::unfold(field->value));
}

}  // namespace postern::engine
