// SystemUser: one line of the passwd table, and its look-up.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/delivery/local/order.h"

namespace postern::delivery {

struct SystemUser {
  std::string name;
  std::string home;
  std::string shell;
  Identity identity;
};

// nullopt: no such user.  kUnavailable: the name service does not answer, so nobody knows.
using UserLookup = std::function<Result<std::optional<SystemUser>>(const std::string& name)>;

// getpwnam_r(3): files, or what nsswitch.conf says.  Blocking.
Result<std::optional<SystemUser>> find_system_user(const std::string& name);

}  // namespace postern::delivery
