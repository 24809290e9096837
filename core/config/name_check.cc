#include "core/config/name_check.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/config/foreign_parameters.h"
#include "core/config/macro.h"
#include "core/config/params.h"
#include "core/config/words.h"

namespace postern::config {
namespace {

constexpr std::size_t kMaxNameForGuess = 64;

// Edit distance with neighbours swapped counting once (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

// A setting and the view it counts in.
struct Use {
  const Assignment* setting;
  const Settings* view;
  const ServiceEntry* service;  // null: main.cf
};

class NameCheck {
 public:
  NameCheck(const Settings& settings, Diagnostics& diagnostics)
      : settings_(settings), diagnostics_(diagnostics) {
    for (const Assignment& each : settings.assignments())
      uses_.push_back({&each, &settings, nullptr});
    for (const ServiceEntry& entry : settings.master().entries()) {
      views_.push_back(settings.for_service(entry));
      entries_.push_back(&entry);
    }
    for (std::size_t i = 0; i < views_.size(); ++i)
      for (const Assignment& each : entries_[i]->overrides)
        uses_.push_back({&each, &views_[i], entries_[i]});
    for (const Use& use : uses_)
      for_each_reference(use.setting->value,
                         [&](std::string_view name, bool) { referred_.emplace(name); });
    for (const std::string& name : settings.get(params::smtpd_restriction_classes))
      referred_.insert(name);
  }

  void run() {
    for (const Use& use : uses_) {
      if (use.setting->place.line == 0) continue;  // the command line's
      check(use);
    }
  }

 private:
  std::string shown(const Use& use) const { return (use.service ? "-o " : "") + use.setting->name; }

  void check(const Use& use) {
    const std::string& name = use.setting->name;
    if (const Parameter* parameter = find_parameter(name)) {
      if (!parameter->spec().raw) check_references(use);
    } else if (const auto foreign = find_foreign(name)) {
      check_foreign(use, *foreign);
    } else if (const TransportForm* form = find_transport_form(name)) {
      check_form(use, *form);
    } else if (referred_.contains(name)) {
      check_references(use);
    } else {
      check_unknown(use);
    }
  }

  void check_references(const Use& use) {
    for_each_reference(use.setting->value, [&](std::string_view name, bool tested) {
      if (tested || use.view->unexpanded(name) || find_foreign(name)) return;
      diagnostics_.warning(use.setting->place, shown(use),
                           fmt::format("${} is defined nowhere and stands for nothing", name));
    });
  }

  void check_foreign(const Use& use, const ForeignParameter& foreign) {
    if (foreign.what == Foreign::kSilent) return;
    const std::string value = use.view->expanded(foreign.name).value_or("");
    if (foreign.is_harmless(value)) return;
    const std::string text = fmt::format("{}: {}", quoted(value), foreign.advice);
    // milter_default_action = accept says itself that mail may pass where no filter answers.
    const bool may_pass = foreign.name.ends_with("_milters") &&
                          use.view->expanded("milter_default_action") == "accept";
    if (foreign.what == Foreign::kUnsafe && !may_pass)
      diagnostics_.error(use.setting->place, shown(use), text);
    else
      diagnostics_.warning(use.setting->place, shown(use), text);
  }

  void check_form(const Use& use, const TransportForm& form) {
    const std::string& name = use.setting->name;
    const std::string transport = name.substr(0, name.size() - form.suffix.size());
    const auto value = form.fallback->parse(trim(use.view->expanded(name).value_or("")));
    if (!value) {
      diagnostics_.error(use.setting->place, shown(use), value.error().context);
    } else if (!settings_.master().find(transport, ServiceType::kUnix)) {
      diagnostics_.warning(
          use.setting->place, shown(use),
          fmt::format("master.cf has no transport {}, so this has no effect", quoted(transport)));
    }
  }

  void check_unknown(const Use& use) {
    const std::string nearest = nearest_name(use.setting->name);
    diagnostics_.warning(
        use.setting->place, shown(use),
        nearest.empty()
            ? std::string("no parameter has this name and nothing refers to it: it has no effect")
            : fmt::format("no parameter has this name and nothing refers to it: is {} meant?",
                          nearest));
  }

  static std::string nearest_name(std::string_view name) {
    if (name.size() > kMaxNameForGuess) return "";
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(2, name.size() / 5) + 1;
    const auto consider = [&](std::string_view known) {
      const std::size_t longer = std::max(known.size(), name.size());
      if (longer - std::min(known.size(), name.size()) >= best_distance) return;
      const std::size_t found = distance(name, known);
      if (found >= best_distance) return;
      best_distance = found;
      best = known;
    };
    for (const Parameter* each : all_parameters())
      consider(each->name());
    for (std::string_view each : foreign_names())
      consider(each);
    return std::string(best);
  }

  const Settings& settings_;
  Diagnostics& diagnostics_;
  std::vector<Settings> views_;
  std::vector<const ServiceEntry*> entries_;
  std::vector<Use> uses_;
  std::set<std::string, std::less<>> referred_;
};

}  // namespace

void check_names(const Settings& settings, Diagnostics& diagnostics) {
  NameCheck(settings, diagnostics).run();
}

}  // namespace postern::config
