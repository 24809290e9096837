#include "core/mime/header_list.h"

#include <algorithm>

#include "core/mail/mailbox.h"

namespace postern::mime {

HeaderList::HeaderList(const HeaderSection& section) {
  for (const HeaderField& field : section.fields()) {
    Field copy{std::string(field.name), std::string(field.raw)};
    // The message may have ended inside its last field.
    if (!copy.raw.ends_with("\r\n")) copy.raw += "\r\n";
    fields_.push_back(std::move(copy));
  }
}

std::vector<HeaderList::Field>::iterator HeaderList::find(std::string_view name, std::size_t nth) {
  return std::ranges::find_if(fields_, [&](const Field& field) {
    return mail::equals_ignoring_ascii_case(field.name, name) && --nth == 0;
  });
}

void HeaderList::insert(std::size_t index, std::string_view name, std::string_view value) {
  const auto at = static_cast<std::ptrdiff_t>(std::min(index, fields_.size()));
  fields_.insert(fields_.begin() + at, Field{std::string(name), make_field(name, value)});
}

bool HeaderList::replace(std::string_view name, std::size_t nth, std::string_view value) {
  const auto it = find(name, nth);
  if (it == fields_.end()) return false;
  it->raw = make_field(it->name, value);
  return true;
}

bool HeaderList::remove(std::string_view name, std::size_t nth) {
  const auto it = find(name, nth);
  if (it == fields_.end()) return false;
  fields_.erase(it);
  return true;
}

std::size_t HeaderList::remove_all(std::string_view name) {
  return std::erase_if(fields_, [&](const Field& field) {
    return mail::equals_ignoring_ascii_case(field.name, name);
  });
}

std::string HeaderList::to_string() const {
  std::string out;
  for (const Field& field : fields_)
    out += field.raw;
  return out;
}

}  // namespace postern::mime
