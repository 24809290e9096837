// The site a command works on: its configuration and where its queue, sockets and maildrop are.
// Not thread-safe.
#pragma once

#include <optional>
#include <string>

#include "core/config/loader.h"
#include "core/mail/submission_file.h"

namespace postern::tools {

struct Site {
  config::Loaded loaded;
  // Faulty settings have their defaults: a mistake in main.cf must not keep an operator from the
  // queue.
  const config::Settings& settings() const { return loaded.tolerant; }

  std::string config_directory;
  std::string queue_directory;
  std::string spool_directory;
  std::string admin_socket;
  std::string maildrop;
  mail::SubmissionLimits submission_limits() const;
};

// `directory`: of -c; else $MAIL_CONFIG (unless the process runs with rights that its caller
// lacks), else the built-in one.  A path of main.cf itself counts for its directory.
std::string config_directory(const std::optional<std::string>& directory);
// kNotFound, kPermission: main.cf can't be read.  master.cf may be missing.
// `overrides`: settings as if they stood at the end of main.cf.
Result<Site> open_site(const std::optional<std::string>& directory,
                       std::vector<std::pair<std::string, std::string>> overrides = {});

}  // namespace postern::tools
