#include "core/mime/header_section.h"

#include <algorithm>

#include "core/mail/mailbox.h"

namespace postern::mime {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t'; }

// Octets up to and with the next CRLF, or all of them.
std::size_t line_length(std::string_view text) {
  for (std::size_t from = 0;;) {
    const std::size_t lf = text.find('\n', from);
    if (lf == std::string_view::npos) return text.size();
    if (lf > 0 && text[lf - 1] == '\r') return lf + 1;
    from = lf + 1;
  }
}

HeaderField make_view(std::string_view raw) {
  const std::size_t colon = raw.find(':');
  std::string_view value = raw.substr(colon + 1);
  if (value.ends_with("\r\n")) value.remove_suffix(2);
  return {raw, raw.substr(0, field_name_length(raw)), value};
}

}  // namespace

std::size_t field_name_length(std::string_view line) {
  std::size_t length = 0;
  while (length < line.size() && line[length] > 0x20 && line[length] < 0x7F && line[length] != ':')
    ++length;
  std::size_t colon = length;
  while (colon < line.size() && is_space(line[colon]))
    ++colon;
  return colon < line.size() && line[colon] == ':' ? length : 0;
}

HeaderSection HeaderSection::parse(std::string_view message, const HeaderLimits& limits) {
  HeaderSection out;
  std::size_t start = 0;  // of the field that is being read
  const auto complain = [&out](HeaderFault fault) {
    if (out.fault_ == HeaderFault::kNone) out.fault_ = fault;
  };
  const auto finish_field = [&](std::size_t end) {
    if (end == start) return;
    const std::string_view raw = message.substr(start, end - start);
    if (raw.size() > limits.max_field_octets) return complain(HeaderFault::kFieldTooLong);
    if (out.fields_.size() == limits.max_fields) return complain(HeaderFault::kTooManyFields);
    if (end > limits.max_octets) return complain(HeaderFault::kTooLong);
    out.fields_.push_back(make_view(raw));
  };
  std::size_t at = 0;
  bool separated = false;
  while (at < message.size()) {
    const std::string_view line = message.substr(at, line_length(message.substr(at)));
    if (line == "\r\n") {
      separated = true;
      break;
    }
    if (!is_space(line.front()) || at == 0) {
      const std::size_t name = field_name_length(line);
      if (name == 0) {
        out.well_ended_ = false;
        out.odd_ = out.odd_ || is_space(line.front());
        break;
      }
      out.odd_ = out.odd_ || line[name] != ':';
      finish_field(at);
      start = at;
    }
    at += line.size();
  }
  finish_field(at);
  out.size_ = at;
  out.body_offset_ = separated ? at + 2 : at;
  return out;
}

const HeaderField* HeaderSection::find(std::string_view name) const {
  const auto it = std::ranges::find_if(fields_, [&](const HeaderField& field) {
    return mail::equals_ignoring_ascii_case(field.name, name);
  });
  return it == fields_.end() ? nullptr : &*it;
}

std::size_t HeaderSection::count(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::count_if(fields_, [&](const HeaderField& field) {
    return mail::equals_ignoring_ascii_case(field.name, name);
  }));
}

std::string unfold(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value.substr(i, 2) == "\r\n" && i + 2 < value.size() && is_space(value[i + 2]))
      ++i;
    else
      out += value[i];
  }
  const auto text = [](char c) { return !is_space(c) && c != '\r' && c != '\n'; };
  out.erase(std::find_if(out.rbegin(), out.rend(), text).base(), out.end());
  out.erase(out.begin(), std::ranges::find_if(out, text));
  return out;
}

namespace {

// "Name: " or "Name:", the value behind it.
std::string finish_field_text(std::string out, std::string_view value) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '\r' && value[i] != '\n') {
      out += value[i] == '\0' ? '?' : value[i];
      continue;
    }
    while (i + 1 < value.size() && (value[i + 1] == '\r' || value[i + 1] == '\n'))
      ++i;
    if (i + 1 == value.size()) break;
    out += "\r\n";
    if (!is_space(value[i + 1])) out += ' ';
  }
  return out + "\r\n";
}

}  // namespace

std::string make_field(std::string_view name, std::string_view value) {
  return finish_field_text(std::string(name) + ": ", value);
}

std::string make_exact_field(std::string_view name, std::string_view exact_value) {
  return finish_field_text(std::string(name) + ":", exact_value);
}

std::size_t received_hops(const HeaderSection& section) { return section.count("Received"); }

}  // namespace postern::mime
