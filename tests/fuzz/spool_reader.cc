// What a disk may hold: records, payloads, summaries, whole segments.  Nothing read leads out of
// bounds; what validates encodes to what it was read from; a scan covers the segment in order.
#include "core/spool/payload.h"
#include "core/spool/record.h"
#include "core/spool/segment_summary.h"
#include "core/spool/spool_view.h"
#include "tests/fuzz/fuzz.h"

namespace postern::fuzz {
namespace {

void check_segment(std::string_view octets, std::optional<std::uint64_t> synced_end) {
  std::uint64_t reached = 0;
  spool::SegmentSummary summary;
  summary.segment = 1;
  const std::uint64_t end = spool::scan_segment(
      octets, 1,
      {.record =
           [&](const spool::Record& record) {
             POSTERN_INVARIANT(record.header.offset >= reached);
             POSTERN_INVARIANT(record.end > record.header.offset && record.end <= octets.size());
             POSTERN_INVARIANT(record.payload.data() >= octets.data());
             reached = record.end;
             summary.note(record);
           },
       .damage =
           [&](const spool::Damage& damage) {
             POSTERN_INVARIANT(damage.offset <= octets.size());
             POSTERN_INVARIANT(damage.length <= octets.size() - damage.offset);
           }},
      synced_end);
  POSTERN_INVARIANT(end == reached);
  const auto back = spool::parse_summary(spool::encode(summary), 1);
  POSTERN_INVARIANT(back && spool::encode(*back) == spool::encode(summary));
}

void check_payloads(std::string_view payload) {
  if (const auto message = spool::parse_message(payload)) {
    const std::string octets = spool::encode(*message) + std::string(message->body);
    const auto again = spool::parse_message(octets);
    POSTERN_INVARIANT(again.has_value());
    POSTERN_INVARIANT(again->id == message->id);
    POSTERN_INVARIANT(again->envelope == message->envelope);
    POSTERN_INVARIANT(again->state == message->state);
    POSTERN_INVARIANT(again->body == message->body);
    POSTERN_INVARIANT(message->state.recipients.size() == message->envelope.recipients.size());
  }
  if (const auto change = spool::parse_change(payload)) {
    const auto again = spool::parse_change(spool::encode(*change));
    POSTERN_INVARIANT(again && spool::encode(*again) == spool::encode(*change));
    spool::MessageState state;
    state.recipients.resize(3);
    spool::apply(*change, state);
  }
  if (const auto removal = spool::parse_removal(payload)) {
    const auto again = spool::parse_removal(spool::encode(*removal));
    POSTERN_INVARIANT(again && again->id == removal->id && again->home == removal->home);
  }
  if (const auto header = spool::parse_segment_header(payload)) {
    const auto again = spool::parse_segment_header(spool::encode(*header));
    POSTERN_INVARIANT(again && spool::encode(*again) == spool::encode(*header));
  }
}

}  // namespace
}  // namespace postern::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  fuzz::Input input(data, size);
  const std::uint8_t bits = input.octet();
  switch (bits % 4) {
    case 0: fuzz::check_segment(input.rest(), std::nullopt); break;
    case 1: fuzz::check_segment(input.rest(), input.rest().size() / 16 * 8); break;
    case 2: fuzz::check_payloads(input.rest()); break;
    case 3:
      if (const auto summary = spool::parse_summary(input.rest(), 1))
        POSTERN_INVARIANT(spool::encode(*summary) == input.rest());
      (void)spool::salvage(input.rest());
      break;
  }
  return 0;
}
