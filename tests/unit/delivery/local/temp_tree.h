// A directory of one test's own, removed afterwards, and a few words to look into it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace postern::delivery::testing {

class TempTree {
 public:
  TempTree() {
    std::string name = (std::filesystem::temp_directory_path() / "postern-local-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TempTree() { std::filesystem::remove_all(path_); }
  TempTree(const TempTree&) = delete;
  TempTree& operator=(const TempTree&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ + "/" + name, std::ios::binary) << text;
  }
  std::string read(const std::string& name) const { return read_file(path_ + "/" + name); }
  static std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // Full paths of the entries of `name`; empty where it is no directory.
  std::vector<std::string> list(const std::string& name) const {
    std::vector<std::string> out;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(path_ + "/" + name, error))
      out.push_back(entry.path().string());
    return out;
  }

 private:
  std::string path_;
};

}  // namespace postern::delivery::testing
