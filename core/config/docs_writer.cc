#include "core/config/docs_writer.h"

#include <fmt/format.h>

#include <map>
#include <vector>

#include "core/config/foreign_parameters.h"
#include "core/config/restrictions.h"
#include "core/config/words.h"

namespace postern::config {
namespace {

constexpr std::size_t kWidth = 100;

// What stands in for a default that the running host decides.
std::string_view default_from_host(std::string_view name) {
  if (name == "myhostname") return "the system's host name";
  if (name == "mydomain") return "$myhostname without its first label";
  if (name == "mynetworks") return "what mynetworks_style finds";
  return "";
}

std::string print_bound(const Parameter& parameter, std::int64_t bound) {
  if (parameter.kind() == Kind::kDuration) return print_duration(Seconds(bound));
  return fmt::format("{}", bound);
}

std::string print_type(const Parameter& parameter) {
  const ParameterSpec& spec = parameter.spec();
  if (parameter.kind() == Kind::kEnum) {
    std::string out = "one of";
    const auto choices = split_words(spec.choices);
    for (std::string_view choice : *choices)
      out += fmt::format(" `{}`", choice);
    return out;
  }
  std::string out(to_string(parameter.kind()));
  if (parameter.kind() == Kind::kDuration)
    out += fmt::format(" (a bare number is in {})", spec.unit == 's'   ? "seconds"
                                                    : spec.unit == 'm' ? "minutes"
                                                    : spec.unit == 'h' ? "hours"
                                                    : spec.unit == 'd' ? "days"
                                                                       : "weeks");
  if (spec.min && spec.max)
    out += fmt::format(", {} to {}", print_bound(parameter, *spec.min),
                       print_bound(parameter, *spec.max));
  else if (spec.min && *spec.min != 0)
    out += fmt::format(", at least {}", print_bound(parameter, *spec.min));
  else if (spec.max)
    out += fmt::format(", at most {}", print_bound(parameter, *spec.max));
  return out;
}

std::string print_default(const Parameter& parameter) {
  const std::string_view host = default_from_host(parameter.name());
  if (!host.empty()) return std::string(host);
  if (parameter.spec().initial.empty()) return "empty";
  return fmt::format("`{}`", parameter.spec().initial);
}

// Areas in the order in which the declarations were met, each with its parameters by name.
struct Area {
  std::string_view name;
  std::map<std::string_view, const Parameter*> parameters;
};

std::vector<Area> areas() {
  std::map<std::string_view, Area> by_name;
  for (const Parameter* each : all_parameters()) {
    Area& area = by_name[each->area()];
    area.name = each->area();
    area.parameters.emplace(each->name(), each);
  }
  std::vector<Area> out;
  for (auto& [name, area] : by_name)
    out.push_back(std::move(area));
  return out;
}

std::string transport_forms() {
  std::string out =
      "## Parameters of one transport\n\n"
      "`<transport>` is the name of a service in master.cf. Where such a parameter is not set, the "
      "one in the last column counts.\n\n"
      "| parameter | meaning | otherwise |\n|---|---|---|\n";
  for (const TransportForm& each : all_transport_forms())
    out += fmt::format("| `<transport>{}` | {} | `{}` |\n", each.suffix, each.text,
                       each.fallback->name());
  return out;
}

// Names with the same note share a row.
std::string foreign_table(Foreign what) {
  std::vector<std::pair<std::string, std::string>> rows;  // note, names
  for (std::string_view name : foreign_names()) {
    const auto found = find_foreign(name);
    if (!found || found->what != what) continue;
    std::string note(found->advice);
    if (!found->harmless.empty()) note += fmt::format(" (`{}` is fine)", found->harmless);
    auto row = rows.begin();
    while (row != rows.end() && row->first != note)
      ++row;
    if (row == rows.end()) row = rows.insert(row, {note, ""});
    if (!row->second.empty()) row->second += ' ';
    row->second += fmt::format("`{}`", name);
  }
  std::string out = "| parameters | why, and what to do |\n|---|---|\n";
  for (const auto& [note, names] : rows)
    out += fmt::format("| {} | {} |\n", names, note);
  return out;
}

std::string foreign_section() {
  std::string silent;
  for (std::string_view name : foreign_names())
    if (find_foreign(name)->what == Foreign::kSilent) silent += std::string(name) + " ";
  return "## Postfix's other parameters\n\n"
         "### Refused\n\n"
         "To ignore these would let in what they keep out, or send in clear what they protect. A "
         "configuration that sets one to such an end is refused.\n\n" +
         foreign_table(Foreign::kUnsafe) +
         "\n### Accepted with a warning\n\n"
         "Postern starts, and says in the log and in `postern check` what is not done.\n\n" +
         foreign_table(Foreign::kWarning) +
         "\n### Accepted silently\n\n"
         "Paths, documentation, tuning without a counterpart here, and details of features that "
         "already warn where they are switched on.\n\n" +
         wrapped(silent, "    ", kWidth);
}

}  // namespace

std::string wrapped(std::string_view text, std::string_view prefix, std::size_t width) {
  std::string out, line;
  const auto end_line = [&] {
    if (!line.empty()) out += fmt::format("{}{}\n", prefix, line);
    line.clear();
  };
  while (!text.empty()) {
    const std::size_t begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    const std::size_t length = std::min(text.find_first_of(kBlanks), text.size());
    if (!line.empty() && prefix.size() + line.size() + 1 + length > width) end_line();
    if (!line.empty()) line += ' ';
    line += text.substr(0, length);
    text.remove_prefix(length);
  }
  end_line();
  return out;
}

std::string describe_parameter(const Parameter& parameter) {
  const ParameterSpec& spec = parameter.spec();
  std::string out = fmt::format("### {}\n\n{}\n\n", spec.name, spec.text);
  out +=
      fmt::format("- Type: {}\n- Default: {}\n", print_type(parameter), print_default(parameter));
  if (!spec.refused.empty()) {
    out += "- Refused, since Postern can't give it:";
    const auto refused = split_words(spec.refused);
    for (std::string_view word : *refused)
      out += fmt::format(" `{}`", word);
    out += '\n';
  }
  if (!spec.reloadable) out += "- A change takes a restart.\n";
  if (spec.secret) out += "- The value is never shown.\n";
  if (!spec.example.empty()) out += fmt::format("- Example: `{} = {}`\n", spec.name, spec.example);
  out += fmt::format("- Since: {}\n", spec.since);
  return out;
}

std::string reference_markdown() {
  std::string out =
      "# main.cf\n\n"
      "This page is written by `postern config --reference` from the declarations in the code. "
      "Names, syntax and meaning are Postfix's where Postfix has the parameter.\n\n"
      "Types: *boolean* is `yes` or `no`. *size* is in octets, or a number with `K`, `M` or `G`. "
      "*duration* is a number with `s`, `m`, `h`, `d` or `w`. *list* is words between blanks or "
      "commas, `{ ... }` kept whole. *tables* is a list of `type:name`. *restrictions* is a list "
      "of access restrictions, of which these are evaluated:";
  for (const std::string_view word : restriction_words())
    if (is_enforced(word) && word != "check_access") out += fmt::format(" `{}`", word);
  out +=
      ", and `warn_if_reject` before any of them; others are an error where they would refuse "
      "mail, and a warning where not.\n\n";
  const std::vector<Area> all = areas();
  for (const Area& area : all) {
    out += fmt::format("**{}**:", area.name);
    for (const auto& [name, parameter] : area.parameters)
      out += fmt::format(" [{}](#{})", name, name);
    out += "\n\n";
  }
  for (const Area& area : all) {
    out += fmt::format("## {}\n\n", area.name);
    for (const auto& [name, parameter] : area.parameters)
      out += describe_parameter(*parameter) + "\n";
  }
  return out + transport_forms() + "\n" + foreign_section();
}

std::string sample_main_cf() {
  std::string out =
      "# Every parameter of Postern with its default.  To change one, take the # away and write\n"
      "# another value.  Written by `postern config --sample`; parameters.md says more.\n";
  for (const Area& area : areas()) {
    out += fmt::format("\n# ---- {} ----\n", area.name);
    for (const auto& [name, parameter] : area.parameters) {
      const ParameterSpec& spec = parameter->spec();
      out += "\n" + wrapped(spec.text, "# ", kWidth);
      if (!spec.example.empty()) out += fmt::format("# Example: {} = {}\n", name, spec.example);
      const std::string_view host = default_from_host(name);
      if (!host.empty()) out += fmt::format("# Default: {}\n", host);
      out += fmt::format("#{} ={}{}\n", name, spec.initial.empty() ? "" : " ", spec.initial);
    }
  }
  return out;
}

}  // namespace postern::config
