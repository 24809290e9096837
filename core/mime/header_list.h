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

  std::string to_string() const;

 private:
  struct Field {
    std::string name;
    std::string raw;
  };
  std::vector<Field>::iterator find(std::string_view name, std::size_t nth);

  std::vector<Field> fields_;
};

}  // namespace postern::mime
