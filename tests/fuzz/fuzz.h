// What the fuzz targets share: taking choices off the input, and the check that ends a run.
// A target is one function, LLVMFuzzerTestOneInput; libFuzzer drives it where the build has it
// (POSTERN_FUZZ), replay_main.cc everywhere.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace postern::fuzz {

// An invariant of the code under test, not of the input.
#define POSTERN_INVARIANT(condition)                                             \
  do {                                                                           \
    if (!(condition)) {                                                          \
      fmt::print(stderr, "{}:{}: broken: {}\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                              \
    }                                                                            \
  } while (false)

// The input: a few octets that choose options, then text.  Past its end every choice is 0.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  std::uint8_t octet() {
    if (rest_.empty()) return 0;
    const auto out = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return out;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

// `text` in pieces whose lengths `seed` decides: what a reader makes of octets must not depend on
// how the network cut them.
inline std::vector<std::string_view> cut(std::string_view text, std::uint64_t seed) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    const std::size_t length = std::min<std::size_t>(1 + (seed >> 33) % 7, text.size());
    out.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace postern::fuzz
