#include "core/engine/options/log.h"

#include <algorithm>

#include "core/config/params.h"

namespace postern::engine {
namespace params = config::params;

Result<log::Options> log_options(const config::Settings& settings) {
  log::Options out;
  out.file = settings.get(params::maillog_file);
  out.syslog_name = settings.get(params::syslog_name);
  const std::string& host = settings.get(params::myhostname);
  // Postfix logs the short name: that is what syslog puts there.
  out.hostname = host.substr(0, host.find('.'));
  out.format = settings.get(params::log_format) == config::LogFormat::kJson ? log::Format::kJson
                                                                            : log::Format::kPostfix;
  const auto& prefixes = settings.get(params::maillog_file_prefixes);
  const auto is_allowed = [&](const std::string& prefix) { return out.file.starts_with(prefix); };
  if (!out.file.empty() && std::ranges::none_of(prefixes, is_allowed))
    return fail(ErrorKind::kInvalid,
                "maillog_file = {}: begins with none of maillog_file_prefixes; add its directory "
                "there",
                out.file);
  return out;
}

}  // namespace postern::engine
