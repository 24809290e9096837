// A dialogue file as a list of lines; README.md has the language.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::dialog {

struct Line {
  std::size_t number = 0;  // in the file
  std::string keyword;     // "C:", "S:", "set" ...
  std::string argument;    // escapes undone where the keyword has them
  std::size_t times = 1;
};

// Throws std::runtime_error: "file:12: what is wrong".
std::vector<Line> read_script(const std::string& path);

// \r \n \t \0 \\ \xHH, and %N{text} for text N times.
std::string unescape(std::string_view text);

}  // namespace postern::dialog
