// TempDir: a fresh directory (mode 0700) that is removed with everything in it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace postern::testing {

class TempDir {
 public:
  TempDir() : path_(::testing::TempDir() + "postern-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp " + path_);
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  // The path of `name` in it.
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
  // Writes a file and gives its path.
  std::string write(std::string_view name, std::string_view octets) const {
    const std::string file = *this / name;
    std::ofstream(file, std::ios::binary) << octets;
    return file;
  }

 private:
  std::string path_;
};

}  // namespace postern::testing
