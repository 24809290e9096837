#include "core/tools/site.h"

#include <cstdlib>

#include "core/config/params.h"
#include "core/config/site_paths.h"

namespace postern::tools {

mail::SubmissionLimits Site::submission_limits() const {
  mail::SubmissionLimits limits;
  limits.max_content = settings().get(config::params::message_size_limit).value;
  return limits;
}

std::string config_directory(const std::optional<std::string>& directory) {
  std::string out;
  if (directory) {
    out = *directory;
  } else if (const char* named = ::secure_getenv("MAIL_CONFIG"); named != nullptr) {
    out = named;
  } else {
    out = config::params::config_directory.spec().initial;
  }
  if (out.ends_with("/main.cf")) out.erase(out.size() - 8);
  return out;
}

Result<Site> open_site(const std::optional<std::string>& directory,
                       std::vector<std::pair<std::string, std::string>> overrides) {
  const std::string where = config_directory(directory);
  // The loader reports a missing file as one of many things; here it ends the command.
  if (const auto text = config::read_config_file(where + "/main.cf"); !text)
    return std::unexpected(text.error());
  config::LoadOptions options;
  options.need_master_cf = false;
  options.overrides = std::move(overrides);
  Site site{
      config::load_directory(where, config::Environment::system(), options), where, {}, {}, {}, {}};
  const config::Settings& settings = site.settings();
  site.queue_directory = settings.get(config::params::queue_directory);
  site.spool_directory = config::spool_directory(settings);
  site.maildrop = config::maildrop_directory(settings);
  site.admin_socket = config::admin_socket_path(settings);
  return site;
}

}  // namespace postern::tools
