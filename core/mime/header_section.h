// The header section of a message: where it ends, and its fields as views.  One rule for every
// consumer (filters, signatures, delivery), so that no two of them see different headers:
// a field line is a name of printable ASCII, perhaps spaces, and a colon; a line that begins with
// space or tab continues the field before it; the first empty line ends the section and is no part
// of it; so does the first line that is none of these, and then there is no empty line to skip.
// RFC 5322 s2.2 and s4.5.  Pure; views into the caller's octets; thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mime {

struct HeaderLimits {
  std::size_t max_field_octets = 102'400;  // header_size_limit
  std::size_t max_fields = 1000;
  std::size_t max_octets = 1024 * 1024;
};

struct HeaderField {
  std::string_view raw;    // whole, with the CRLF at its end
  std::string_view name;   // as written, without spaces before the colon
  std::string_view value;  // behind the colon, folds included, the last CRLF not
};

enum class HeaderFault { kNone, kFieldTooLong, kTooManyFields, kTooLong };

class HeaderSection {
 public:
  // `message`: CRLF line ends (a bare LF is text).  Linear; fields beyond a limit are not listed,
  // but the end is found all the same.
  static HeaderSection parse(std::string_view message, const HeaderLimits& limits = {});

  const std::vector<HeaderField>& fields() const { return fields_; }
  // The first field called `name`, any case; nullptr: none.
  const HeaderField* find(std::string_view name) const;
  std::size_t count(std::string_view name) const;

  std::size_t size() const { return size_; }                // octets of all fields
  std::size_t body_offset() const { return body_offset_; }  // size(), or 2 more
  // The section ended with an empty line or with the message; false: with a line of text.
  bool is_well_ended() const { return well_ended_; }
  // A field has a space before its colon, or the message begins with a continuation line.
  bool is_odd() const { return odd_; }
  HeaderFault fault() const { return fault_; }

 private:
  std::vector<HeaderField> fields_;
  std::size_t size_ = 0;
  std::size_t body_offset_ = 0;
  bool well_ended_ = true;
  bool odd_ = false;
  HeaderFault fault_ = HeaderFault::kNone;
};

// The length of the field name that `line` begins with, 0 where it is no field line.
std::size_t field_name_length(std::string_view line);

// `value` on one line: folds undone, white space at both ends gone.
std::string unfold(std::string_view value);

// "Name: value\r\n".  A line break in `value` that is not a fold would begin a new field or the
// body: it becomes a fold.  NUL becomes '?'.
std::string make_field(std::string_view name, std::string_view value);
// The same without the space behind the colon, for a value that brings its own.
std::string make_exact_field(std::string_view name, std::string_view exact_value);

// The number of Received fields: hops so far (hopcount_limit, RFC 5321 s6.3).
std::size_t received_hops(const HeaderSection& section);

}  // namespace postern::mime
