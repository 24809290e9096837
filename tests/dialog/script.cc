#include "tests/dialog/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <stdexcept>

namespace postern::dialog {
namespace {

bool has_escapes(std::string_view keyword) {
  return keyword == "C:" || keyword == "C>" || keyword == "content:";
}

std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  if (!text.empty()) text.remove_prefix(1);
  return word;
}

std::size_t number_of(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::runtime_error(fmt::format("\"{}\" is no number", text));
  return value;
}

char hex_octet(std::string_view digits) {
  unsigned value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2)
    throw std::runtime_error("\\x needs two hexadecimal digits");
  return static_cast<char>(value);
}

}  // namespace

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9') {
      const std::size_t open = text.find('{', i);
      const std::size_t close = text.find('}', i);
      if (open != std::string_view::npos && close != std::string_view::npos && open < close) {
        const std::string piece = unescape(text.substr(open + 1, close - open - 1));
        for (std::size_t n = number_of(text.substr(i + 1, open - i - 1)); n > 0; --n)
          out += piece;
        i = close;
        continue;
      }
    }
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'r': out += '\r'; break;
      case 'n': out += '\n'; break;
      case 't': out += '\t'; break;
      case '0': out += '\0'; break;
      case 'x':
        out += hex_octet(text.substr(i + 1, 2));
        i += 2;
        break;
      default: out += text[i];
    }
  }
  return out;
}

std::vector<Line> read_script(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  std::vector<Line> out;
  std::size_t number = 0;
  for (std::string text; std::getline(file, text);) {
    ++number;
    if (text.empty() || text.starts_with('#')) continue;
    try {
      std::string_view rest(text);
      Line line{number, std::string(take_word(rest)), {}, 1};
      if (line.keyword == "repeat") {
        line.times = number_of(take_word(rest));
        line.keyword = take_word(rest);
      }
      line.argument = has_escapes(line.keyword) ? unescape(rest) : std::string(rest);
      out.push_back(std::move(line));
    } catch (const std::exception& error) {
      throw std::runtime_error(fmt::format("{}:{}: {}", path, number, error.what()));
    }
  }
  return out;
}

}  // namespace postern::dialog
