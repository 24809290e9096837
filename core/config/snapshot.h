// The content of Settings and how it is made.  For settings.cc and loader.cc only.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/diagnostics.h"
#include "core/config/environment.h"
#include "core/config/main_cf.h"
#include "core/config/master_cf.h"
#include "core/config/parameter.h"
#include "core/config/settings.h"

namespace postern::config {

class Snapshot {
 public:
  // Evaluates every parameter.  What is wrong goes to `diagnostics`; the parameter then has its
  // default, so that the snapshot is whole all the same.
  static std::shared_ptr<const Snapshot> make(MainCf main, MasterCf master,
                                              const Environment& environment,
                                              Diagnostics& diagnostics);

  const std::vector<Value>& values() const { return values_; }
  const MainCf& main() const { return *main_; }
  const MasterCf& master() const { return *master_; }
  const std::map<const ServiceEntry*, Settings>& services() const { return services_; }

  std::optional<std::string_view> raw(std::string_view name) const;
  Result<std::string> expanded(std::string_view raw_text) const;
  const Assignment* find_assignment(std::string_view name) const;
  std::optional<std::string> class_content(std::string_view name) const;

 private:
  Snapshot() = default;
  void add_overrides(const ServiceEntry& entry);
  void derive(const Environment& environment, Diagnostics& diagnostics);
  void derive_networks(const Environment& environment);
  void evaluate(Diagnostics& diagnostics);
  Value evaluate_one(const Parameter& parameter, Diagnostics& diagnostics) const;
  void finish_restrictions(const Parameter& parameter, Value& value,
                           Diagnostics& diagnostics) const;
  void add_services(const Environment& environment, Diagnostics& diagnostics);

  std::shared_ptr<const MainCf> main_;
  std::shared_ptr<const MasterCf> master_;
  std::map<std::string, Assignment, std::less<>> overrides_;  // of a service's view
  std::map<std::string, std::string, std::less<>> derived_;   // defaults the host decides
  std::map<std::string, std::string, std::less<>> replaced_;  // values read from a file
  std::vector<Value> values_;
  std::map<const ServiceEntry*, Settings> services_;
};

}  // namespace postern::config
