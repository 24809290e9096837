#include "core/config/site_paths.h"

#include "core/config/params.h"

namespace postern::config {

std::string below_queue_directory(const Settings& settings, const std::string& name) {
  if (name.starts_with('/')) return name;
  return settings.get(params::queue_directory) + "/" + name;
}

std::string spool_directory(const Settings& settings) {
  return below_queue_directory(settings, "spool");
}

std::string maildrop_directory(const Settings& settings) {
  return below_queue_directory(settings, "maildrop");
}

std::string admin_socket_path(const Settings& settings) {
  const std::string& name = settings.get(params::admin_socket);
  return name.empty() ? name : below_queue_directory(settings, name);
}

}  // namespace postern::config
