// What `postern check` finds: errors, with which a site must not run, and warnings.  The checks are
// a file each; they look at a loaded configuration and at the machine, and change nothing.
// Not thread-safe.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "core/tools/site.h"

namespace postern::tools {

struct Finding {
  bool is_error = false;
  std::string place;  // "main.cf:12", or a file, or ""
  std::string about;  // a parameter, or ""
  std::string text;   // what is wrong, and what would be right
};

class Findings {
 public:
  static constexpr std::size_t kMost = 1000;  // more are counted only

  template <typename... Args>
  void error(std::string place, std::string_view about, fmt::format_string<Args...> text,
             Args&&... args) {
    add({true, std::move(place), std::string(about),
         fmt::format(text, std::forward<Args>(args)...)});
  }
  template <typename... Args>
  void warning(std::string place, std::string_view about, fmt::format_string<Args...> text,
               Args&&... args) {
    add({false, std::move(place), std::string(about),
         fmt::format(text, std::forward<Args>(args)...)});
  }
  void add(Finding finding) {
    ++(finding.is_error ? errors_ : warnings_);
    if (items_.size() < kMost) items_.push_back(std::move(finding));
  }

  const std::vector<Finding>& items() const { return items_; }
  std::size_t errors() const { return errors_; }
  std::size_t warnings() const { return warnings_; }

 private:
  std::vector<Finding> items_;
  std::size_t errors_ = 0, warnings_ = 0;
};

// Where a parameter is set, for a finding; "main.cf" where it has its default.
std::string place_of(const config::Settings& settings, std::string_view parameter);

// The site's settings, then those of each service of master.cf that has -o overrides.
struct SettingsView {
  config::Settings settings;
  std::string service;  // "" for main.cf; else "submission/inet"
};
std::vector<SettingsView> all_views(const config::Settings& settings);

// Every table that a parameter names, also behind check_..._access, opens.
void check_tables(const Site& site, Findings& findings);
// Configuration, tables and keys can't be changed, nor keys read, by those who must not.
void check_file_rights(const Site& site, Findings& findings);
// Certificates are in date and match their keys.
void check_certificates(const Site& site, Findings& findings);
// Host names, users, groups and ports that the configuration names exist.
void check_names(const Site& site, Findings& findings);
// Rules that nothing can reach.
void check_restrictions(const Site& site, Findings& findings);
// The queue's directories are there, ours, and not on a file system that forgets.
void check_queue(const Site& site, Findings& findings);

}  // namespace postern::tools
