// Runs a target over the files and folders named on the command line: the corpus as a regression
// test in builds without libFuzzer.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/fuzz.h"

namespace {

void run(const std::filesystem::path& path, std::size_t& count) {
  std::ifstream file(path, std::ios::binary);
  const std::string octets{std::istreambuf_iterator<char>(file), {}};
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size());
  // Every cut of a small input too: parsers go wrong at ends.
  if (octets.size() <= 4096)
    for (std::size_t length = 0; length < octets.size(); ++length)
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(octets.data()), length);
  ++count;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t count = 0;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      run(argv[i], count);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i]))
      if (entry.is_regular_file()) run(entry.path(), count);
  }
  fmt::print("{} inputs\n", count);
  return count == 0 ? 1 : 0;
}
