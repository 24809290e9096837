// Third-party test data for the conformance tests.  A test whose folder is absent reports itself as
// skipped, by name.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/checkout.h"

namespace postern::conformance {

// Sets `folder` to testdata/`name`, or skips the test.
#define POSTERN_NEED_TESTDATA(folder, name)                                  \
  const auto testdata_root_ = test::testdata_root();                         \
  if (!testdata_root_ || !std::filesystem::exists(*testdata_root_ / (name))) \
    GTEST_SKIP() << "no test data: " << (name) << " (set POSTERN_TESTDATA)"; \
  const std::filesystem::path folder = *testdata_root_ / (name)

// Regular files below `folder`, sorted, without licences and notes of origin.
inline std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && name != "SOURCES.md" && !name.ends_with(".upstream"))
      out.push_back(entry.path());
  }
  std::ranges::sort(out);
  return out;
}

inline std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::vector<std::string> out;
  std::ifstream in(path, std::ios::binary);
  for (std::string line; std::getline(in, line);)
    out.push_back(line);
  return out;
}

// Every line end becomes CRLF: what a client would send of a file that was stored otherwise.
inline std::string with_crlf(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') {
      out += "\r\n";
      if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
    } else if (text[i] == '\n') {
      out += "\r\n";
    } else {
      out += text[i];
    }
  }
  if (!out.empty() && !out.ends_with("\r\n")) out += "\r\n";
  return out;
}

}  // namespace postern::conformance
