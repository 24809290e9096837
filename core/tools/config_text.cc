#include "core/tools/config_text.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/config/foreign_parameters.h"
#include "core/config/macro.h"
#include "core/config/parameter.h"
#include "core/config/words.h"

namespace postern::tools {
namespace {

constexpr std::size_t kLineLimit = 80;
constexpr std::size_t kIndent = 4;
// Columns at which the fields of master.cf begin, where what is before leaves room.
constexpr std::size_t kColumns[] = {0, 11, 17, 25, 33, 41, 49, 57};
constexpr std::string_view kFields[] = {"service", "type",   "private",       "unprivileged",
                                        "chroot",  "wakeup", "process_limit", "command"};

// Words with one blank between, broken before the word that would reach kLineLimit.
std::string lay_out(std::string_view text, bool fold) {
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    const std::size_t begin = text.find_first_not_of(config::kBlanks);
    if (begin == text.npos) break;
    text.remove_prefix(begin);
    const std::string_view word = text.substr(0, text.find_first_of(config::kBlanks));
    text.remove_prefix(word.size());
    if (column > 0 && (!fold || column + word.size() < kLineLimit)) {
      out += ' ';
      column += 1;
    } else if (column > 0) {
      out += "\n" + std::string(kIndent, ' ');
      column = kIndent;
    }
    out += word;
    column += word.size();
  }
  return out;
}

// One argument of a service, with the value of an -o in the form without needless blanks.
struct Argument {
  std::string text;
  bool is_override = false;  // "-o name=value"
};

// `expand`: the value after $name expansion.
std::vector<Argument> arguments_of(const config::Settings& settings,
                                   const config::ServiceEntry& entry, bool expand) {
  const config::Settings view = settings.for_service(entry);
  std::vector<Argument> out;
  for (std::size_t i = kColumns[0] + std::size(kFields); i < entry.columns.size(); ++i) {
    std::string word = entry.columns[i];
    const bool is_override = word == "-o" && i + 1 < entry.columns.size();
    if (is_override) word = entry.columns[++i];
    if (const auto inside = config::braced_content(word)) word = std::string(*inside);
    if (is_override) {
      if (const auto pair = config::split_name_value(word)) {
        std::string value(pair->value);
        if (expand)
          value = config::expand(value, [&view](std::string_view name) {
                    thread_local std::string held;
                    const auto text = view.unexpanded(name);
                    if (!text) return std::optional<std::string_view>();
                    held = *text;
                    return std::optional<std::string_view>(held);
                  }).value_or(value);
        word = fmt::format("{}={}", pair->name, value);
      }
    }
    // What holds blanks is one argument only in braces.
    if (word.find_first_of(" \t") != word.npos) word = "{" + word + "}";
    out.push_back({is_override ? "-o " + word : word, is_override});
  }
  return out;
}

std::string service_name(const config::ServiceEntry& entry) {
  return fmt::format("{}/{}", entry.name, to_string(entry.type));
}

}  // namespace

bool is_service_parameter(const config::Settings& settings, std::string_view name) {
  const config::TransportForm* form = config::find_transport_form(name);
  if (form == nullptr) return false;
  const std::string_view service = name.substr(0, name.size() - form->suffix.size());
  return std::ranges::any_of(settings.master().entries(), [service](const auto& entry) {
    return entry.name == service && entry.type != config::ServiceType::kInet;
  });
}

std::string setting_line(std::string_view name, std::string_view value, const ConfigStyle& style) {
  if (style.only_names) return std::string(name) + "\n";
  if (style.only_values) return lay_out(value, style.fold) + "\n";
  return lay_out(fmt::format("{} = {}", name, value), style.fold) + "\n";
}

std::string service_line(const config::Settings& settings, const config::ServiceEntry& entry,
                         const ConfigStyle& style) {
  std::string out;
  for (std::size_t i = 0; i < std::size(kFields) && i < entry.columns.size(); ++i) {
    if (i > 0) out += ' ';
    if (out.size() < kColumns[i]) out.append(kColumns[i] - out.size(), ' ');
    out += entry.columns[i];
  }
  std::size_t column = out.size();
  bool in_options = true;
  for (const Argument& each : arguments_of(settings, entry, style.expand)) {
    if (in_options && !each.is_override && (!each.text.starts_with('-') || each.text == "--"))
      in_options = false;
    const bool alone = in_options && each.is_override;
    if (style.fold && (alone || column + 1 + each.text.size() >= kLineLimit)) {
      out += "\n" + std::string(kIndent, ' ');
      column = kIndent;
    } else {
      out += ' ';
      ++column;
    }
    out += each.text;
    column = alone ? kLineLimit : column + each.text.size();
  }
  return out + "\n";
}

std::string override_lines(const config::Settings& settings, const config::ServiceEntry& entry,
                           std::string_view only, const ConfigStyle& style) {
  std::map<std::string, std::string> values;
  const config::Settings view = settings.for_service(entry);
  for (const config::Assignment& each : entry.overrides)
    if (only.empty() || each.name == only)
      values[each.name] = style.expand ? view.expanded(each.name).value_or(each.value) : each.value;
  std::string out;
  for (const auto& [name, value] : values)
    out += setting_line(fmt::format("{}/{}", service_name(entry), name), value, style);
  return out;
}

std::string field_lines(const config::Settings& settings, const config::ServiceEntry& entry,
                        std::string_view only, const ConfigStyle& style) {
  std::string out;
  for (std::size_t i = 0; i < std::size(kFields) && i < entry.columns.size(); ++i) {
    if (!only.empty() && only != kFields[i]) continue;
    std::string value = entry.columns[i];
    if (i + 1 == std::size(kFields))
      for (const Argument& each : arguments_of(settings, entry, style.expand))
        value += " " + each.text;
    out += setting_line(fmt::format("{}/{}", service_name(entry), kFields[i]), value, style);
  }
  return out;
}

std::vector<std::string> used_names(const config::Settings& settings) {
  std::set<std::string, std::less<>> used;
  std::vector<std::string> values;  // whose references are yet to be followed
  const auto follow = [&](std::string_view name) {
    if (!used.emplace(name).second) return;
    if (const auto value = settings.unexpanded(name)) values.push_back(*value);
  };
  for (const config::Assignment& each : settings.assignments())
    if (config::find_parameter(each.name) || is_service_parameter(settings, each.name) ||
        config::find_foreign(each.name))
      follow(each.name);
  for (const config::ServiceEntry& entry : settings.master().entries()) {
    for (const config::Assignment& each : entry.overrides)
      values.push_back(each.value);
  }
  // The defaults of parameters nobody set refer to names, too.
  for (const config::Parameter* each : config::all_parameters())
    values.emplace_back(settings.unexpanded(each->name()).value_or(""));
  // A restriction class is needed by the list that names it.
  if (const auto classes = settings.expanded("smtpd_restriction_classes"))
    if (const auto words = config::split_words(*classes))
      for (const std::string_view word : *words)
        follow(word);
  while (!values.empty()) {
    const std::string value = std::move(values.back());
    values.pop_back();
    config::for_each_reference(value, [&](std::string_view name, bool) { follow(name); });
  }
  std::vector<std::string> out;
  for (const config::Assignment& each : settings.assignments())
    if (used.contains(each.name)) out.push_back(each.name);
  std::ranges::sort(out);
  return out;
}

}  // namespace postern::tools
