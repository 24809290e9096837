// A made-up host for tests of the configuration.
#pragma once

#include <string_view>

#include "core/config/loader.h"

namespace postern::config::test {

inline Environment test_environment() {
  return {"mx.example.com",
          {{"127.0.0.1", 8, false, true},
           {"::1", 128, true, true},
           {"192.0.2.5", 24, false, false},
           {"2001:db8::5", 64, true, false}},
          [](const std::string& path) -> std::optional<std::string> {
            if (path == "/etc/mailname") return "origin.example";
            return std::nullopt;
          }};
}

inline Loaded load(std::string_view main, std::optional<std::string_view> master = std::nullopt) {
  return load_texts(main, master, test_environment());
}

}  // namespace postern::config::test
