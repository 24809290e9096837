// Where tests find files of the source tree, and the third-party test data beside it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

namespace postern::test {

// The checkout that the running test was built in: build/<preset>/bin/<test> lies below it.
inline std::filesystem::path checkout_root() {
  std::filesystem::path at = std::filesystem::read_symlink("/proc/self/exe");
  while (at.has_relative_path()) {
    at = at.parent_path();
    if (std::filesystem::exists(at / "CMakePresets.json")) return at;
  }
  return {};
}

// $POSTERN_TESTDATA, or ../shared/testdata beside the checkout; nullopt where there is none.  A
// test without its data says so with GTEST_SKIP.
inline std::optional<std::filesystem::path> testdata_root() {
  const char* set = std::getenv("POSTERN_TESTDATA");
  const std::filesystem::path root = set && *set
                                         ? std::filesystem::path(set)
                                         : checkout_root().parent_path() / "shared" / "testdata";
  if (!std::filesystem::is_directory(root)) return std::nullopt;
  return root;
}

// The whole of a file; nullopt: can't be read.
inline std::optional<std::string> read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace postern::test
