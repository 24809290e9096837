#include "core/config/diagnostics.h"

#include <iterator>
#include <utility>

namespace postern::config {
namespace {

// A file of a million bad lines must not become a gigabyte of messages.
constexpr std::size_t kMaxItems = 1000;
constexpr std::size_t kMaxQuoted = 120;

}  // namespace

std::string SourcePlace::describe() const {
  return line > 0 ? fmt::format("{}:{}", file, line) : file;
}

std::string Diagnostic::describe() const {
  std::string out = place.describe();
  if (!out.empty()) out += ": ";
  out += severity == Severity::kError ? "error: " : "warning: ";
  if (!parameter.empty()) out += parameter + ": ";
  return out + text;
}

void Diagnostics::add(Diagnostic&& item) {
  if (items_.size() >= kMaxItems) {
    // An error beyond the bound still counts: nobody may take the file for good.
    if (item.severity == Severity::kError && errors_ == 0) {
      items_.back() = std::move(item);
      ++errors_;
    }
    ++dropped_;
    return;
  }
  if (item.severity == Severity::kError) ++errors_;
  items_.push_back(std::move(item));
}

void Diagnostics::error(const SourcePlace& place, std::string_view parameter, std::string text) {
  add({Severity::kError, place, std::string(parameter), std::move(text)});
}

void Diagnostics::warning(const SourcePlace& place, std::string_view parameter, std::string text) {
  add({Severity::kWarning, place, std::string(parameter), std::move(text)});
}

void Diagnostics::take(Diagnostics&& other) {
  for (Diagnostic& item : other.items_)
    add(std::move(item));
  dropped_ += other.dropped_;
  other = {};
}

std::string Diagnostics::describe() const {
  std::string out;
  for (const Diagnostic& item : items_)
    out += item.describe() + "\n";
  if (dropped_ != 0) out += fmt::format("and {} more\n", dropped_);
  return out;
}

std::string quoted(std::string_view value) {
  std::string out = "\"";
  for (char c : value.substr(0, kMaxQuoted)) {
    const auto octet = static_cast<unsigned char>(c);
    out += octet < 0x20 || octet == 0x7f ? '?' : c;
  }
  out += value.size() > kMaxQuoted ? "...\"" : "\"";
  return out;
}

}  // namespace postern::config
