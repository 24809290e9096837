#include "core/config/snapshot.h"

#include <utility>

#include "core/config/macro.h"
#include "core/config/params.h"
#include "core/config/restrictions.h"
#include "core/config/words.h"

namespace postern::config {
namespace {

std::string domain_of(std::string_view host) {
  const std::size_t dot = host.find('.');
  return dot == std::string_view::npos ? "localdomain" : std::string(host.substr(dot + 1));
}

bool same_value(const Assignment& a, const Assignment* b) { return b && a.value == b->value; }

}  // namespace

std::shared_ptr<const Snapshot> Snapshot::make(MainCf main, MasterCf master,
                                               const Environment& environment,
                                               Diagnostics& diagnostics) {
  std::shared_ptr<Snapshot> made(new Snapshot);
  made->main_ = std::make_shared<const MainCf>(std::move(main));
  made->master_ = std::make_shared<const MasterCf>(std::move(master));
  made->derive(environment, diagnostics);
  made->evaluate(diagnostics);
  made->add_services(environment, diagnostics);
  return made;
}

const Assignment* Snapshot::find_assignment(std::string_view name) const {
  const auto found = overrides_.find(name);
  return found != overrides_.end() ? &found->second : main_->find(name);
}

std::optional<std::string_view> Snapshot::raw(std::string_view name) const {
  if (const auto found = replaced_.find(name); found != replaced_.end()) return found->second;
  const Parameter* parameter = find_parameter(name);
  if (const Assignment* set = find_assignment(name)) {
    // An empty choice means the default, as in Postfix's smtpd_tls_security_level.
    if (!set->value.empty() || !parameter || parameter->kind() != Kind::kEnum) return set->value;
  }
  if (const auto found = derived_.find(name); found != derived_.end()) return found->second;
  if (parameter) return parameter->spec().initial;
  if (const TransportForm* form = find_transport_form(name)) return raw(form->fallback->name());
  return std::nullopt;
}

Result<std::string> Snapshot::expanded(std::string_view raw_text) const {
  return expand(raw_text, [this](std::string_view name) { return raw(name); });
}

void Snapshot::derive_networks(const Environment& environment) {
  const auto style = params::mynetworks_style.parse(
      expanded(*raw("mynetworks_style")).value_or(std::string("host")));
  const auto protocols = parse_list(expanded(*raw("inet_protocols")).value_or("all"));
  bool ipv4 = false, ipv6 = false;
  for (const std::string& word : protocols.value_or(StringList{"all"})) {
    ipv4 = ipv4 || word == "all" || word == "ipv4";
    ipv6 = ipv6 || word == "all" || word == "ipv6";
  }
  derived_["mynetworks"] = derive_mynetworks(
      environment.interfaces,
      style ? static_cast<NetworkStyle>(std::get<std::int64_t>(*style)) : NetworkStyle::kHost, ipv4,
      ipv6);
}

void Snapshot::derive(const Environment& environment, Diagnostics& diagnostics) {
  std::string host = environment.host_name.empty() ? "localhost" : environment.host_name;
  if (host.find('.') == std::string::npos) host += ".localdomain";
  derived_["myhostname"] = host;
  derived_["mydomain"] = domain_of(expanded(*raw("myhostname")).value_or(host));
  derive_networks(environment);
  const std::string origin = expanded(*raw("myorigin")).value_or("");
  if (!origin.starts_with('/')) return;
  auto line = environment.read_first_line ? environment.read_first_line(origin) : std::nullopt;
  if (line && !line->empty()) {
    replaced_["myorigin"] = std::move(*line);
    return;
  }
  const Assignment* set = find_assignment("myorigin");
  diagnostics.error(set ? set->place : SourcePlace{}, "myorigin",
                    fmt::format("the file {} has no first line to read: write the domain into it, "
                                "or set myorigin to the domain itself",
                                quoted(origin)));
  replaced_["myorigin"] = derived_["myhostname"];
}

std::optional<std::string> Snapshot::class_content(std::string_view name) const {
  const auto names =
      parse_list(expanded(*raw("smtpd_restriction_classes")).value_or(std::string()));
  if (!names) return std::nullopt;
  for (const std::string& each : *names) {
    if (each != name) continue;
    const auto text = raw(name);
    return expanded(text.value_or("")).value_or("");
  }
  return std::nullopt;
}

void Snapshot::finish_restrictions(const Parameter& parameter, Value& value,
                                   Diagnostics& diagnostics) const {
  auto& list = std::get<RestrictionList>(value);
  const Assignment* set = find_assignment(parameter.name());
  const SourcePlace place = set ? set->place : SourcePlace{};
  auto flat = flatten_classes(list, [this](std::string_view name) { return class_content(name); });
  if (!flat) {
    diagnostics.error(place, parameter.name(), flat.error().context);
    return;
  }
  list = std::move(*flat);
  if (set) check_restrictions(parameter.name(), list, place, diagnostics);
}

Value Snapshot::evaluate_one(const Parameter& parameter, Diagnostics& diagnostics) const {
  const Assignment* set = find_assignment(parameter.name());
  const SourcePlace place = set ? set->place : SourcePlace{"defaults", 0};
  const std::string_view text = raw(parameter.name()).value_or("");
  auto full = parameter.spec().raw ? Result<std::string>(text) : expanded(text);
  Result<Value> value = full ? parameter.parse(trim(*full)) : std::unexpected(full.error());
  if (!value) {
    diagnostics.error(place, parameter.name(), value.error().context);
    full = expanded(parameter.spec().initial);
    if (full) value = parameter.parse(*full);
    // The default may depend on the faulty setting of another name; then the type's empty value.
    static constexpr std::string_view kLast[] = {"no", "0", "", "none"};
    for (std::string_view last : kLast)
      if (!value) value = parameter.parse(last);
    if (!value && parameter.spec().min)
      value = parameter.parse(std::to_string(*parameter.spec().min));
    if (!value) value = Value(std::int64_t{0});
    return *value;
  }
  if (parameter.kind() == Kind::kRestrictions) finish_restrictions(parameter, *value, diagnostics);
  return *value;
}

void Snapshot::evaluate(Diagnostics& diagnostics) {
  values_.clear();
  for (const Parameter* each : all_parameters())
    values_.push_back(evaluate_one(*each, diagnostics));
}

void Snapshot::add_overrides(const ServiceEntry& entry) {
  overrides_.insert_or_assign("service_name", Assignment{"service_name", entry.name, entry.place});
  for (const Assignment& each : entry.overrides)
    overrides_.insert_or_assign(each.name, each);
}

void Snapshot::add_services(const Environment& environment, Diagnostics& diagnostics) {
  for (const ServiceEntry& entry : master_->entries()) {
    std::shared_ptr<Snapshot> view(new Snapshot);
    view->main_ = main_;
    view->master_ = master_;
    view->add_overrides(entry);
    Diagnostics found;
    view->derive(environment, found);
    view->evaluate(found);
    // What main.cf itself has wrong is reported once, not again for each service.
    for (const Diagnostic& each : found.items()) {
      const auto& names = view->overrides_;
      if (names.find(each.parameter) == names.end() ||
          same_value(names.find(each.parameter)->second, main_->find(each.parameter)))
        continue;
      if (each.severity == Severity::kError)
        diagnostics.error(each.place, "-o " + each.parameter, each.text);
      else
        diagnostics.warning(each.place, "-o " + each.parameter, each.text);
    }
    services_.emplace(&entry, Settings(std::move(view)));
  }
}

}  // namespace postern::config
