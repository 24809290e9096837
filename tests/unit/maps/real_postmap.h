// Debian's postmap(1), asked the same questions as our tables.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace postern::maps::testing {

class RealPostmap {
 public:
  RealPostmap() {
    config_.write("main.cf",
                  "compatibility_level = 3.7\ndefault_database_type = lmdb\n"
                  // Or it asks the name service first.
                  "myhostname = mx.test\ninet_interfaces = 127.0.0.1\n"
                  "inet_protocols = ipv4\n");
    config_.write("master.cf", "");
    // Postfix reads a main.cf that was written this second again and again, 0.3 s apart.
    std::filesystem::last_write_time(
        config_ / "main.cf", std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  }
  static bool is_installed() { return std::filesystem::exists("/usr/sbin/postmap"); }

  // "postmap type:path": builds the file beside the source.
  bool build(const std::string& table) const { return run("'" + table + "' 2>&1").first == 0; }

  // The entries that "postmap -q - table" finds for these keys; keys hold no line ends.
  std::map<std::string, std::string> query(const std::string& table,
                                           const std::vector<std::string>& keys) const {
    std::string input;
    for (const auto& key : keys)
      input += key + "\n";
    config_.write("keys", input);
    const auto [status, output] = run("-q - '" + table + "' < '" + (config_ / "keys") + "'");
    std::map<std::string, std::string> found;
    for (std::size_t at = 0; at < output.size();) {
      const auto end = output.find('\n', at);
      const auto line = output.substr(at, end - at);
      const auto tab = line.find('\t');
      if (tab != std::string::npos) found[line.substr(0, tab)] = line.substr(tab + 1);
      at = end == std::string::npos ? output.size() : end + 1;
    }
    return found;
  }

 private:
  // Exit status and standard output.
  std::pair<int, std::string> run(const std::string& arguments) const {
    const auto command = "/usr/sbin/postmap -c '" + config_.path() + "' " + arguments;
    std::FILE* pipe = ::popen(command.c_str(), "re");
    if (pipe == nullptr) return {-1, ""};
    std::string output;
    std::array<char, 4096> buffer{};
    for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
      output.append(buffer.data(), got);
    return {::pclose(pipe), output};
  }

  postern::testing::TempDir config_;
};

}  // namespace postern::maps::testing
