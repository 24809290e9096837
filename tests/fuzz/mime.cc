// Header sections and MIME structure of messages that strangers built: ranges stay inside, caps
// hold, the fields add up to the section, and the 8-bit downgrade keeps its word.
#include "core/base/octets.h"
#include "core/mime/downgrade.h"
#include "core/mime/header_section.h"
#include "core/mime/structure.h"
#include "tests/fuzz/fuzz.h"

namespace postern::fuzz {
namespace {

void check_headers(std::string_view message, const mime::HeaderLimits& limits) {
  const auto section = mime::HeaderSection::parse(message, limits);
  POSTERN_INVARIANT(section.size() <= section.body_offset());
  POSTERN_INVARIANT(section.body_offset() <= message.size());
  POSTERN_INVARIANT(section.body_offset() - section.size() <= 2);
  POSTERN_INVARIANT(section.fields().size() <= limits.max_fields);
  std::size_t octets = 0;
  for (const mime::HeaderField& field : section.fields()) {
    octets += field.raw.size();
    POSTERN_INVARIANT(!field.name.empty());
    POSTERN_INVARIANT(mime::field_name_length(field.raw) >= field.name.size());
    const std::string flat = mime::unfold(field.value);
    const auto made = mime::make_field(field.name, flat);
    const auto again = mime::HeaderSection::parse(made + "\r\n");
    POSTERN_INVARIANT(again.fields().size() == 1);
  }
  POSTERN_INVARIANT(octets <= section.size());
  // Without a limit in the way the fields are the section.
  if (section.fault() == mime::HeaderFault::kNone && !section.is_odd())
    POSTERN_INVARIANT(octets == section.size());
}

void check_structure(std::string_view message, const mime::StructureLimits& limits) {
  const mime::Structure structure = mime::walk_structure(message, limits);
  POSTERN_INVARIANT(!structure.parts.empty());
  POSTERN_INVARIANT(structure.parts.size() <= limits.max_parts);
  for (std::size_t i = 0; i < structure.parts.size(); ++i) {
    const mime::Part& part = structure.parts[i];
    for (const mime::Range& range :
         {part.header, part.body, part.content_type_field, part.transfer_encoding_field})
      POSTERN_INVARIANT(range.begin <= range.end && range.end <= message.size());
    POSTERN_INVARIANT(part.depth <= limits.max_depth);
    POSTERN_INVARIANT((part.parent < 0) == (i == 0));
    if (i == 0) continue;
    const mime::Part& parent = structure.parts[static_cast<std::size_t>(part.parent)];
    POSTERN_INVARIANT(static_cast<std::size_t>(part.parent) < i);
    POSTERN_INVARIANT(parent.is_container && parent.depth + 1 == part.depth);
    POSTERN_INVARIANT(part.header.begin >= parent.body.begin);
    // A header section that a boundary cuts off keeps its line end, which the boundary's parent
    // does not.
    POSTERN_INVARIANT(part.body.empty() || part.body.end <= parent.body.end);
  }
}

}  // namespace
}  // namespace postern::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  fuzz::Input input(data, size);
  const std::uint8_t bits = input.octet();
  mime::HeaderLimits headers;
  if ((bits & 1) != 0) headers = {.max_field_octets = 60, .max_fields = 4, .max_octets = 200};
  mime::StructureLimits structure;
  if ((bits & 2) != 0) structure = {.max_depth = 2, .max_parts = 5, .max_boundary_octets = 10};
  fuzz::check_headers(input.rest(), headers);
  fuzz::check_structure(input.rest(), structure);
  const mime::Downgraded down = mime::downgrade_to_seven_bit(input.rest(), structure);
  if (!has_8bit(input.rest())) POSTERN_INVARIANT(down.encoded_parts == 0);
  if (down.is_seven_bit && !down.header_has_8bit) POSTERN_INVARIANT(!has_8bit(down.message));
  return 0;
}
