// HeaderList: a header section to be changed, as filters and rewriting want it; the octets of
// untouched fields stay as they were.  Not here: reading (header_section.h).
// Plain value; not thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/mime/header_section.h"

namespace postern::mime {

class HeaderList {
 public:
  HeaderList() = default;
  explicit HeaderList(const HeaderSection& section);

  std::size_t size() const { return fields_.size(); }
  // `index`: place among all fields, 0 the first; beyond the end appends (SMFIR_INSHEADER).
  void insert(std::size_t index, std::string_view name, std::string_view value);
  void append(std::string_view name, std::string_view value) { insert(size(), name, value); }
  // `nth`: 1 the first field of that name; false: there is none.  (SMFIR_CHGHEADER)
  bool replace(std::string_view name, std::size_t nth, std::string_view value);
  bool remove(std::string_view name, std::size_t nth);
  std::size_t remove_all(std::string_view name);

  // The rest is for filters, which see the message without the fields that we put above it, count
  // the fields of a name without them, and write everything behind the colon themselves.

  // A field of our own, above all others.  `value` as insert() takes it.
  void prepend_hidden(std::string_view name, std::string_view value);
  void insert_exact(std::size_t index, std::string_view name, std::string_view exact_value);
  // `nth`: 1, and 0 as well, the first shown field of that name.
  bool replace_exact(std::string_view name, std::size_t nth, std::string_view exact_value);
  bool remove_shown(std::string_view name, std::size_t nth);
  // Takes the text and keeps the place, until drop_blanks().
  bool blank_shown(std::string_view name, std::size_t nth);
  void drop_blanks();

  std::string to_string() const;

 private:
  struct Field {
    std::string name;
    std::string raw;  // empty: blanked
    bool is_hidden = false;
  };
  std::vector<Field>::iterator find(std::string_view name, std::size_t nth);
  std::vector<Field>::iterator find_shown(std::string_view name, std::size_t nth);

  std::vector<Field> fields_;
};

}  // namespace postern::mime
