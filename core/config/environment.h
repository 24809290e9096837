// What defaults depend on outside the files: host name, interfaces, /etc/mailname.  A value, so
// that tests need no particular host.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/config/params_basic.h"

namespace postern::config {

struct InterfaceAddress {
  std::string address;  // numeric, without a scope
  int prefix_length;
  bool is_ipv6 = false;
  bool is_loopback = false;
};

struct Environment {
  std::string host_name;
  std::vector<InterfaceAddress> interfaces;
  // First line of a file, without blanks at its ends; nullopt: can't be read.
  std::function<std::optional<std::string>(const std::string& path)> read_first_line;

  // The running system's.  Blocking (local files and system calls only).
  static Environment system();
};

// The value mynetworks has by default, in main.cf's form: "127.0.0.0/8 [::1]/128".
// `ipv4`, `ipv6`: which versions inet_protocols names.
std::string derive_mynetworks(const std::vector<InterfaceAddress>& interfaces, NetworkStyle style,
                              bool ipv4, bool ipv6);

}  // namespace postern::config
