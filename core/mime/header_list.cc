#include "core/mime/header_list.h"

#include <algorithm>

#include "core/mail/mailbox.h"

namespace postern::mime {

HeaderList::HeaderList(const HeaderSection& section) {
  for (const HeaderField& field : section.fields()) {
    Field copy{std::string(field.name), std::string(field.raw), false};
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
  fields_.insert(fields_.begin() + at, Field{std::string(name), make_field(name, value), false});
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

std::vector<HeaderList::Field>::iterator HeaderList::find_shown(std::string_view name,
                                                                std::size_t nth) {
  nth = std::max<std::size_t>(nth, 1);
  return std::ranges::find_if(fields_, [&](const Field& field) {
    return !field.is_hidden && mail::equals_ignoring_ascii_case(field.name, name) && --nth == 0;
  });
}

void HeaderList::prepend_hidden(std::string_view name, std::string_view value) {
  fields_.insert(fields_.begin(), Field{std::string(name), make_field(name, value), true});
}

void HeaderList::insert_exact(std::size_t index, std::string_view name,
                              std::string_view exact_value) {
  const auto at = static_cast<std::ptrdiff_t>(std::min(index, fields_.size()));
  fields_.insert(fields_.begin() + at,
                 Field{std::string(name), make_exact_field(name, exact_value), false});
}

bool HeaderList::replace_exact(std::string_view name, std::size_t nth,
                               std::string_view exact_value) {
  const auto it = find_shown(name, nth);
  if (it == fields_.end()) return false;
  *it = Field{std::string(name), make_exact_field(name, exact_value), false};
  return true;
}

bool HeaderList::remove_shown(std::string_view name, std::size_t nth) {
  const auto it = find_shown(name, nth);
  if (it == fields_.end()) return false;
  fields_.erase(it);
  return true;
}

bool HeaderList::blank_shown(std::string_view name, std::size_t nth) {
  const auto it = find_shown(name, nth);
  if (it == fields_.end()) return false;
  it->raw.clear();
  return true;
}

void HeaderList::drop_blanks() {
  std::erase_if(fields_, [](const Field& field) { return field.raw.empty(); });
}

std::string HeaderList::to_string() const {
  std::string out;
  for (const Field& field : fields_)
    out += field.raw;
  return out;
}

}  // namespace postern::mime
