// The configuration in force: an immutable snapshot with typed values.  engine/ holds one, makes
// component options from it, and swaps it on reload; components never see it.
// Cheap to copy (one shared pointer); thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/config/master_cf.h"
#include "core/config/parameter.h"

namespace postern::config {

class Snapshot;

class Settings {
 public:
  // All defaults, no files, the running system's environment; master.cf's built-in services.
  Settings();
  explicit Settings(std::shared_ptr<const Snapshot> snapshot) : snapshot_(std::move(snapshot)) {}

  // settings.get(params::smtpd_timeout)
  template <typename T>
    requires(!std::is_enum_v<T>)
  const T& get(const TypedParameter<T>& parameter) const {
    return std::get<T>(value(parameter));
  }
  template <typename T>
    requires std::is_enum_v<T>
  T get(const TypedParameter<T>& parameter) const {
    return static_cast<T>(std::get<std::int64_t>(value(parameter)));
  }

  // settings.transport_limit("relay", params::destination_concurrency_limit): the transport's own
  // value, else the default_ one.  The -o overrides of its master.cf entry count when this is that
  // entry's view.
  template <typename T>
  T transport_limit(std::string_view transport, const TransportParameter<T>& form) const {
    return std::get<T>(transport_value(transport, form.suffix, *form.fallback));
  }

  // The expanded text of any name: parameters, <transport>_ forms, own macros, Postfix's names that
  // the files set.  nullopt: neither declared nor set.
  std::optional<std::string> expanded(std::string_view name) const;
  // The unexpanded text: as the files have it, else the default.
  std::optional<std::string> unexpanded(std::string_view name) const;
  // Where a name is set; null: nowhere, the default counts.
  const Assignment* find_assignment(std::string_view name) const;
  // Every setting of main.cf, each name once.
  std::span<const Assignment> assignments() const;
  // A user's restriction class, ready to evaluate; nullopt: smtpd_restriction_classes lacks it.
  std::optional<RestrictionList> restriction_class(std::string_view name) const;

  const MasterCf& master() const;
  // This configuration with the -o overrides of `entry`; service_name, too, is the entry's.
  // `entry` must be one of master().entries().  Quick: made at load.
  Settings for_service(const ServiceEntry& entry) const;

 private:
  const Value& value(const Parameter& parameter) const;
  Value transport_value(std::string_view transport, std::string_view suffix,
                        const Parameter& fallback) const;

  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace postern::config
