// The MIME structure of a message: its parts as ranges of octets, found in one pass without
// recursion, with caps, so that no nesting a stranger can build costs more than linear time.
// Not here: decoding of part bodies.
// RFC 2045, RFC 2046.  Pure; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/mime/content_type.h"

namespace postern::mime {

struct StructureLimits {
  std::size_t max_depth = 64;  // mime_nesting_limit
  std::size_t max_parts = 1000;
  std::size_t max_boundary_octets = 256;  // mime_boundary_length_limit
};

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const { return end - begin; }
  bool empty() const { return begin == end; }
};

// One entity: the message itself (the first), a part of a multipart, or an enclosed message.
struct Part {
  std::int32_t parent = -1;  // index; -1: the message itself
  std::uint32_t depth = 0;
  Range header;              // its fields, without the empty line behind them
  Range body;                // of a leaf without the CRLF that belongs to the boundary
  Range content_type_field;  // whole fields, CRLF included; empty: none.  The first counts
  Range transfer_encoding_field;
  bool has_mime_version = false;
  bool has_empty_line = false;  // between header and body
  ContentType type;
  TransferEncoding encoding = TransferEncoding::kSevenBit;
  bool is_container = false;  // its children follow in the list
};

enum class StructureFault { kNone, kTooDeep, kTooManyParts, kBoundaryTooLong, kNoBoundary };

struct Structure {
  std::vector<Part> parts;  // in order of their begin; a parent before its children
  // The first that was met.  What lies beyond a cap is taken for an opaque leaf.
  StructureFault fault = StructureFault::kNone;
};

// `message`: header section and body, CRLF line ends.
Structure walk_structure(std::string_view message, const StructureLimits& limits = {});

}  // namespace postern::mime
