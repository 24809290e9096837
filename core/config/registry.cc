// Finds parameters by name, and keeps the linker from leaving a params_*.cc out.

#include <map>

#include "core/config/parameter.h"
#include "core/config/params.h"

namespace postern::config {

namespace detail {
std::span<const Parameter* const> registered_parameters();
}

namespace {

// One call into each file of declarations: an object file of a static library that nobody refers
// to is not linked, and its parameters would be missing.
const bool kAllLinked = [] {
  params::declare_basic();
  params::declare_lmtp();
  params::declare_local();
  params::declare_queue();
  params::declare_routing();
  params::declare_server();
  params::declare_smtp();
  params::declare_smtpd();
  params::declare_smtpd_access();
  params::declare_tls();
  return true;
}();

using Index = std::map<std::string_view, const Parameter*>;

const Index& index() {
  static const Index by_name = [] {
    Index made;
    for (const Parameter* each : detail::registered_parameters())
      made.emplace(each->name(), each);
    return made;
  }();
  return by_name;
}

template <typename T>
TransportForm form(const TransportParameter<T>& parameter) {
  return {parameter.suffix, parameter.fallback, parameter.text};
}

}  // namespace

std::span<const Parameter* const> all_parameters() {
  return kAllLinked ? detail::registered_parameters() : std::span<const Parameter* const>{};
}

const Parameter* find_parameter(std::string_view name) {
  const auto found = index().find(name);
  return found == index().end() ? nullptr : found->second;
}

std::span<const TransportForm> all_transport_forms() {
  static const std::vector<TransportForm> forms = {
      form(params::destination_concurrency_limit),
      form(params::destination_concurrency_negative_feedback),
      form(params::destination_concurrency_positive_feedback),
      form(params::destination_concurrency_failed_cohort_limit),
      form(params::destination_recipient_limit),
      form(params::destination_rate_delay),
      form(params::initial_concurrency),
      form(params::transport_rate_delay),
      form(params::time_limit),
  };
  return forms;
}

const TransportForm* find_transport_form(std::string_view name) {
  for (const TransportForm& each : all_transport_forms())
    if (name.size() > each.suffix.size() && name.ends_with(each.suffix)) return &each;
  return nullptr;
}

}  // namespace postern::config
