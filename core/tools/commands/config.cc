// postern config, postconf: shows settings and services, changes main.cf, and prints the manual.

#include <algorithm>
#include <set>

#include "core/config/docs_writer.h"
#include "core/config/foreign_parameters.h"
#include "core/config/parameter.h"
#include "core/tools/commands.h"
#include "core/tools/config_edit.h"
#include "core/tools/config_text.h"
#include "core/tools/options.h"
#include "core/tools/site.h"

namespace postern::tools {
namespace {

constexpr std::string_view kUsage =
    "[-c dir] [-dfhHnpx] [-o name=value] [-C class] [name ...] | [-e] name=value ... | -X name ... "
    "| -# name ... | -M|-P|-F [-fhHx] [service[/type[/name]] ...] | --reference | --sample";

struct Wish {
  std::optional<std::string> directory;
  ConfigStyle style;
  char mode = 'p';        // p main.cf, M services, P overrides, F fields
  bool only_set = false;  // -n
  bool defaults = false;  // -d
  bool edit = false;      // -e
  char cut = 0;           // X or #
  std::string of_class = "all";
  std::vector<std::pair<std::string, std::string>> overrides;  // -o
};

// Parameters of Postfix's whose $names are for the moment of use, besides our own that say so.
bool is_expanded_late(std::string_view name) {
  for (const std::string_view each : {"command_execution_directory", "default_rbl_reply",
                                      "mailbox_command", "smtpd_reject_footer"})
    if (each == name) return true;
  return false;
}

// What is known of a name, in the wanted form; nullopt: nothing.
std::optional<std::string> value_of(const config::Settings& settings, std::string_view name,
                                    const Wish& wish) {
  const config::Parameter* parameter = config::find_parameter(name);
  if (wish.defaults) {
    if (parameter != nullptr) return std::string(parameter->spec().initial);
    const config::TransportForm* form = config::find_transport_form(name);
    if (form != nullptr) return "$" + std::string(form->fallback->name());
    return std::nullopt;
  }
  // What a file named in the place of a value holds is not what main.cf says.
  if (const config::Assignment* set = settings.find_assignment(name);
      set != nullptr && set->value.starts_with('/') && settings.unexpanded(name) != set->value)
    return set->value;
  auto value = wish.style.expand && !is_expanded_late(name) ? settings.expanded(name)
                                                            : settings.unexpanded(name);
  if (!value && config::find_transport_form(name) != nullptr)
    return "$" + std::string(config::find_transport_form(name)->fallback->name());
  return value;
}

bool is_of_class(const config::Settings& settings, std::string_view name, std::string_view wanted) {
  if (wanted == "all") return true;
  const bool is_builtin = config::find_parameter(name) || config::find_foreign(name);
  const bool is_service = !is_builtin && is_service_parameter(settings, name);
  if (wanted == "builtin") return is_builtin;
  if (wanted == "service") return is_service;
  return !is_builtin && !is_service;
}

int show_settings(const Io& io, std::string_view called_as, const Site& site, const Wish& wish,
                  const Arguments& names) {
  const config::Settings& settings = site.settings();
  std::vector<std::string> chosen = names;
  if (chosen.empty()) {
    std::set<std::string> all;
    if (!wish.defaults)
      for (std::string& each : used_names(settings))
        // Put there by the loader; postconf shows it where -c named a directory.
        if (each != "config_directory" || wish.directory || !wish.only_set)
          all.insert(std::move(each));
    if (!wish.only_set)
      for (const config::Parameter* each : config::all_parameters())
        all.emplace(each->name());
    for (const std::string& each : all)
      if (is_of_class(settings, each, wish.of_class)) chosen.push_back(each);
  }
  for (const std::string& name : chosen) {
    const auto value = value_of(settings, name, wish);
    if (!value) {
      warn(io, called_as, "{}: unknown parameter", name);
      continue;
    }
    if (wish.only_set && settings.find_assignment(name) == nullptr) continue;
    const config::Parameter* parameter = config::find_parameter(name);
    const bool is_secret = parameter != nullptr && parameter->spec().secret && !value->empty();
    print(io, "{}", setting_line(name, is_secret ? "(hidden)" : *value, wish.style));
  }
  return EX_OK;
}

// "smtp/inet/name", parts from the left; a part that is missing matches all.
struct ServicePattern {
  std::string name, type, field;
  bool matches(const config::ServiceEntry& entry) const {
    return (name.empty() || name == "*" || name == entry.name) &&
           (type.empty() || type == "*" || type == to_string(entry.type));
  }
};

ServicePattern parse_pattern(const std::string& text) {
  ServicePattern out;
  // A type never holds a slash, but a name may: "unix:/run/x" is none, and slashes go to the right.
  std::vector<std::string> parts{""};
  for (const char c : text) {
    if (c == '/' && parts.size() < 3)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  out.name = parts[0];
  if (parts.size() > 1) out.type = parts[1];
  if (parts.size() > 2) out.field = parts[2];
  return out;
}

int show_services(const Io& io, std::string_view called_as, const Site& site, const Wish& wish,
                  const Arguments& words) {
  std::vector<std::string> wanted = words;
  if (wanted.empty()) wanted.emplace_back("");
  for (const std::string& word : wanted) {
    const ServicePattern pattern = parse_pattern(word);
    bool is_matched = word.empty();
    for (const config::ServiceEntry& entry : site.settings().master().entries()) {
      if (!pattern.matches(entry)) continue;
      std::string text;
      if (wish.mode == 'M') text = service_line(site.settings(), entry, wish.style);
      if (wish.mode == 'P')
        text = override_lines(site.settings(), entry, pattern.field, wish.style);
      if (wish.mode == 'F') text = field_lines(site.settings(), entry, pattern.field, wish.style);
      is_matched = is_matched || !text.empty();
      print(io, "{}", text);
    }
    if (!is_matched) warn(io, called_as, "unmatched request: \"{}\"", word);
  }
  return EX_OK;
}

int change(const Io& io, std::string_view called_as, const Wish& wish, const Arguments& words) {
  if (wish.mode != 'p')
    return fail_with(io, called_as,
                     {ErrorKind::kInvalid, "master.cf is not edited: do it by hand", 0});
  std::vector<Edit> edits;
  for (const std::string& word : words) {
    if (wish.cut != 0) {
      edits.push_back({wish.cut == 'X' ? EditKind::kRemove : EditKind::kCommentOut, word, ""});
      continue;
    }
    auto edit = parse_edit(word);
    if (!edit) return fail_with(io, called_as, edit.error());
    edits.push_back(std::move(*edit));
  }
  const std::string path = config_directory(wish.directory) + "/main.cf";
  if (const auto done = edit_file(path, edits); !done)
    return fail_with(io, called_as, done.error());
  return EX_OK;
}

// What Postfix's postconf tells on standard error, and no more: the rest is postern check's.
void tell_diagnostics(const Io& io, std::string_view called_as, const Site& site) {
  for (const config::Diagnostic& each : site.loaded.diagnostics.items())
    if (each.severity == config::Severity::kError)
      fmt::print(io.err, "{}: {}\n", called_as, each.describe());
    else
      warn(io, called_as, "{}: {}{}{}", each.place.describe(), each.parameter,
           each.parameter.empty() ? "" : ": ", each.text);
}

}  // namespace

int run_config(const Io& io, std::string_view called_as, const Arguments& arguments) {
  Wish wish;
  Options options(arguments, "#c:C:deFfhHMno:pPvxX");
  for (int option; (option = options.next()) != Options::kEnd;) {
    switch (option) {
      case 'c': wish.directory = options.value(); break;
      case 'C': wish.of_class = options.value(); break;
      case 'd': wish.defaults = true; break;
      case 'e': wish.edit = true; break;
      case 'f': wish.style.fold = true; break;
      case 'h': wish.style.only_values = true; break;
      case 'H': wish.style.only_names = true; break;
      case 'n': wish.only_set = true; break;
      case 'x': wish.style.expand = true; break;
      case '#':
      case 'X': wish.cut = static_cast<char>(option); break;
      case 'M':
      case 'P':
      case 'F': wish.mode = static_cast<char>(option); break;
      case 'p':
      case 'v': break;
      case 'o': {
        const auto edit = parse_edit(options.value());
        if (!edit) return fail_with(io, called_as, edit.error());
        wish.overrides.emplace_back(edit->name, edit->value);
        break;
      }
      case Options::kLong:
        if (options.long_name() == "reference")
          return print(io, "{}", config::reference_markdown()), EX_OK;
        if (options.long_name() == "sample")
          return print(io, "{}", config::sample_main_cf()), EX_OK;
        [[fallthrough]];
      default: return usage(io, called_as, kUsage);
    }
  }
  const Arguments words = options.rest();
  const bool is_assignment =
      !words.empty() && wish.mode == 'p' && words[0].find('=') != std::string::npos;
  if (wish.edit || wish.cut != 0 || is_assignment) {
    if (words.empty()) return usage(io, called_as, kUsage);
    return change(io, called_as, wish, words);
  }
  if (wish.defaults && (wish.only_set || wish.mode != 'p')) return usage(io, called_as, kUsage);
  const auto site = open_site(wish.directory, wish.overrides);
  if (!site) return fail_with(io, called_as, site.error());
  if (!wish.defaults) tell_diagnostics(io, called_as, *site);
  return wish.mode == 'p' ? show_settings(io, called_as, *site, wish, words)
                          : show_services(io, called_as, *site, wish, words);
}

}  // namespace postern::tools
