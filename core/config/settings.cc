#include "core/config/settings.h"

#include "core/base/check.h"
#include "core/config/restrictions.h"
#include "core/config/snapshot.h"
#include "core/config/words.h"

namespace postern::config {

Settings::Settings() {
  Diagnostics none;
  snapshot_ = Snapshot::make({}, MasterCf::built_in(), Environment::system(), none);
}

const Value& Settings::value(const Parameter& parameter) const {
  return snapshot_->values()[parameter.index()];
}

Value Settings::transport_value(std::string_view transport, std::string_view suffix,
                                const Parameter& fallback) const {
  const std::string name = std::string(transport) + std::string(suffix);
  // local_destination_recipient_limit and its like have a default of their own.
  if (const Parameter* own = find_parameter(name)) return value(*own);
  const Assignment* set = snapshot_->find_assignment(name);
  if (!set) return value(fallback);
  const auto text = snapshot_->expanded(set->value);
  if (!text) return value(fallback);
  // Errors were reported when the files were loaded.
  return fallback.parse(trim(*text)).value_or(value(fallback));
}

std::optional<std::string> Settings::unexpanded(std::string_view name) const {
  const auto raw = snapshot_->raw(name);
  if (!raw) return std::nullopt;
  return std::string(*raw);
}

std::optional<std::string> Settings::expanded(std::string_view name) const {
  const auto raw = snapshot_->raw(name);
  if (!raw) return std::nullopt;
  const Parameter* parameter = find_parameter(name);
  if (parameter && parameter->spec().raw) return std::string(*raw);
  return snapshot_->expanded(*raw).value_or(std::string(*raw));
}

const Assignment* Settings::find_assignment(std::string_view name) const {
  return snapshot_->find_assignment(name);
}

std::span<const Assignment> Settings::assignments() const {
  return snapshot_->main().assignments();
}

std::optional<RestrictionList> Settings::restriction_class(std::string_view name) const {
  const auto text = snapshot_->class_content(name);
  if (!text) return std::nullopt;
  const auto list = parse_restrictions(*text);
  if (!list) return std::nullopt;
  const auto flat = flatten_classes(
      *list, [this](std::string_view each) { return snapshot_->class_content(each); });
  if (!flat) return std::nullopt;
  return *flat;
}

const MasterCf& Settings::master() const { return snapshot_->master(); }

Settings Settings::for_service(const ServiceEntry& entry) const {
  const auto found = snapshot_->services().find(&entry);
  POSTERN_CHECK(found != snapshot_->services().end());
  return found->second;
}

}  // namespace postern::config
